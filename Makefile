# Everything needs Node (20.19 or newer) and make, nothing else. Dependencies are installed when they are missing or changed.

INSTALLED := node_modules/.oppulence-stamp
CLIENT := prisma/generated/client/client.ts

.PHONY: demo demo-once dev test check install
.DEFAULT_GOAL := demo

demo: install ## the story of a recovered payment, then stay up for exploring
	@node cli/bin.mjs demo

demo-once: install ## the same story; ends with 0, or with the reason
	@node cli/bin.mjs demo --once

dev: install ## start everything, without the story
	@node cli/bin.mjs dev

test: install ## all tests, on real engines
	@npm test --silent

check: install ## what CI does
	@npm run check --silent

install: $(INSTALLED) $(CLIENT)

# The stamp is written last, so an install that was broken off is done again.
$(INSTALLED): package-lock.json
	@node cli/check-node.mjs
	@echo "Installing dependencies (about a minute the first time)…"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $(INSTALLED)

# Installing generates it as well; this is for a schema that changed since, and where install scripts are switched off.
$(CLIENT): $(wildcard prisma/schema/*.prisma) | $(INSTALLED)
	@node prisma/generate.mjs
	@touch $(CLIENT)
