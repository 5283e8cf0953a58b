// Runs before anything is installed, on whatever Node there is: nothing newer than ES modules here.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    'Oppulence needs Node 20.19 or newer; this is ' +
      process.version +
      ' (' +
      process.execPath +
      ').\n' +
      'Install a current Node from https://nodejs.org, or switch with your version manager (nvm install 24).',
  );
  process.exit(1);
}
