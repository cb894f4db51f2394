# Everything here runs from the root of a checkout. `make` alone lists the targets.

GO                    ?= go
GOFUMPT_VERSION       := v0.12.0
GOLANGCI_LINT_VERSION := v2.15.0

# Flags for go test, such as -json or -run=TestName.
TESTFLAGS ?=

# How long `make fuzz` runs each target, or with an x behind it how often.
FUZZTIME ?= 10s

# Packages for `make race`.
RACEPKGS ?= ./...

TOOLS         := $(CURDIR)/.tools/bin
GOFUMPT       := $(TOOLS)/gofumpt
GOLANGCI_LINT := $(TOOLS)/golangci-lint

# The real clients that e2e drives. Without npm there is nothing to install, and the tests that need them skip.
CLIENTS := e2e/node_modules/.installed

.DEFAULT_GOAL := help
.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: test
test: clients ## run all tests, with the real clients where npm is installed
	$(GO) test -count=1 $(TESTFLAGS) ./...

.PHONY: race
race: clients ## run all tests under the race detector (needs a C compiler)
	$(GO) test -race -count=1 $(TESTFLAGS) $(RACEPKGS)

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME; what they find stays as a seed in testdata
	@for pkg in $$(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9]+' $$pkg/*_test.go | cut -c6-); do \
			echo "$$target in $$pkg"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done

.PHONY: golden
golden: ## rewrite the golden files from what the code does now; review the difference like code
	$(GO) test -count=1 $$(grep -rl --include='*_test.go' --exclude-dir=node_modules 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u) -update

.PHONY: bench
bench: ## measure the gateway's overhead
	$(GO) run ./bench

.PHONY: build
build: ## build ./caddy: Caddy with its standard modules and this one
	$(GO) build -o caddy ./cmd/caddy

.PHONY: lint
lint: tools ## check the formatting, vet, and lint
	@unformatted=$$($(GOFUMPT) -l .); [ -z "$$unformatted" ] || { echo "not formatted (make fmt):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GOLANGCI_LINT) run

.PHONY: fmt
fmt: tools ## format the Go files
	$(GOFUMPT) -w .
	$(GOLANGCI_LINT) fmt

.PHONY: tools
tools: $(GOFUMPT)-$(GOFUMPT_VERSION) $(GOLANGCI_LINT)-$(GOLANGCI_LINT_VERSION) ## install the pinned gofumpt and golangci-lint into .tools/bin

# The stamp beside a tool carries its version, so that a new pin installs anew.
$(GOFUMPT)-$(GOFUMPT_VERSION):
	GOBIN=$(TOOLS) $(GO) install mvdan.cc/gofumpt@$(GOFUMPT_VERSION)
	@touch $@

$(GOLANGCI_LINT)-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(TOOLS) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@touch $@

.PHONY: clients
ifneq ($(shell command -v npm),)
clients: $(CLIENTS) ## install the pinned test clients into e2e/node_modules
else
clients:
	@echo "note: npm is not installed, so the tests that drive the clients are skipped"
endif

$(CLIENTS): e2e/package.json e2e/package-lock.json
	npm ci --prefix e2e --no-audit --no-fund
	@touch $@

.PHONY: clean
clean: ## remove what was built and installed here
	rm -rf caddy .tools e2e/node_modules
