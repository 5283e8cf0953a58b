// Imported before anything of Apollo: its gateway otherwise starts an exporter that sends figures to its maker.
process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';

export {};
