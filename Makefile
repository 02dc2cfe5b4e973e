# Préau. `make run` starts everything on this machine; `make test` checks it.
# Every target needs Go; what else it needs it installs (Debian) or names.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# A box's binary is small: functions stand close together, and only what is in
# a lesson's way is inlined; commands, documents and signatures are not.
LDFLAGS := -s -w -funcalign=4 -X main.version=$(VERSION)
HOT     := runtime/... internal/... sync/... modernc.org/... net/... bufio io/... os/... syscall bytes strings strconv crypto/... hash/... \
	math/... sort slices maps unicode/... encoding/json encoding/binary encoding/hex \
	github.com/gorilla/... github.com/klauspost/compress/zstd \
	golang.org/x/sys/... golang.org/x/time/... golang.org/x/crypto/... preau preau/internal/... preau/sync/journal/... preau/sync/segment \
	preau/media/blob preau/media/stream preau/media/fetch preau/edge/live/... preau/edge/lrs/... preau/edge/progress
# HTTP/2 is left out: the box serves HTTP/1.1, whose films the kernel sends.
GOBUILD := CGO_ENABLED=0 go build -tags nethttpomithttp2 -trimpath -gcflags=all=-l $(HOT:%=-gcflags=%=) -ldflags '$(LDFLAGS)'
BIN     := $(CURDIR)/bin
CACHE   := $(CURDIR)/.cache

# What the tests drive for real; `make run` needs none of it.
TEST_PACKAGES := chromium libnss3-tools avahi-daemon avahi-utils dbus iproute2 mmdebstrap poppler-utils curl gcc libc6-dev
BENCH_PACKAGES := nginx-light wrk kiwix-tools zim-tools

.PHONY: help run build all tools check test race thorough bench fuzz web sample deb deb-test image screens clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

run: build tools ## build, then run the demo: a school on this machine
	@exec $(BIN)/preau demo --dir $(CURDIR)/demo $(ARGS)

build: ## bin/preau
	@mkdir -p $(BIN)
	@$(GOBUILD) -o $(BIN)/preau ./cmd/preau

# Built once a version: the store is a pinned module of its own.
tools: $(BIN)/versitygw ## bin/versitygw, the S3-compatible store of the demo and the tests

$(BIN)/versitygw: tools/s3server/go.mod tools/s3server/go.sum
	@mkdir -p $(BIN)
	@echo "building the S3-compatible store (once, about two minutes)"
	@CGO_ENABLED=0 go -C tools/s3server build -trimpath -ldflags '-s -w' -o $@ github.com/versity/versitygw/cmd/versitygw
	@touch $@

all: ## every platform a box runs on
	@for target in linux/amd64 linux/arm64 linux/arm/7; do \
		IFS=/ read -r os arch arm <<<"$$target"; \
		out=$(CURDIR)/dist/preau-$$os-$$arch$${arm:+v$$arm}; \
		echo "$$out"; \
		GOOS=$$os GOARCH=$$arch GOARM=$$arm $(GOBUILD) -o $$out ./cmd/preau; \
		test "$$(stat -c %s $$out)" -le 30000000 || { echo "$$out is over 30 MB"; exit 1; }; \
	done

check: $(BIN)/staticcheck $(BIN)/govulncheck ## format, vet, staticcheck, known vulnerabilities, generated files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -d $$(git ls-files '*.go'); exit 1; }
	@go vet ./...
	@$(BIN)/staticcheck ./...
	@.ci/govulncheck $(BIN)/govulncheck
	@.ci/generated

$(BIN)/%: tools/lint/go.mod
	@mkdir -p $(BIN)
	@go -C tools/lint build -o $(BIN)/ honnef.co/go/tools/cmd/staticcheck golang.org/x/vuln/cmd/govulncheck
	@touch $(BIN)/staticcheck $(BIN)/govulncheck

test: ## install what the tests need, check, then run every test under the race detector
	@.ci/install $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory tools build check
	@$(MAKE) --no-print-directory race
	@.ci/fuzz 2000x media internal provisioning

thorough: tools build ## what make test has no time for: screens in step, a board's night, a quarter of a core, every contrast, a tablet that is really full
	@PREAU_THOROUGH=1 PREAU_MUST=1 PREAU_S3_SERVER=$(BIN)/versitygw PREAU_CACHE=$(CACHE) \
		go test -count=1 -timeout 40m -run 'Live_|Board_|QuarterCore|PlayInStep|Tablet_WithoutTheBox' ./edge/box/boxtest

race:
	@PREAU_MUST=1 PREAU_DEB_TEST=1 PREAU_S3_SERVER=$(BIN)/versitygw PREAU_CACHE=$(CACHE) \
		go test -race -timeout 22m ./...

bench: tools ## every figure beside its peer's; ONLY=regexp chooses, PREAU_BENCH_YEAR=5000000 lives a whole year
	@.ci/install $(BENCH_PACKAGES)
	@ONLY='$(ONLY)' .ci/bench

FUZZTIME ?= 30s
fuzz: ## every fuzz target for FUZZTIME each (make test gives 2000 inputs to those that read content)
	@.ci/fuzz $(FUZZTIME)

web: ## bundle the pages' scripts and styles into edge/web/dist
	@go -C tools/web run . $(CURDIR)/edge/web

sample: ## remake the sample catalogue (ffmpeg, espeak-ng, chromium)
	@tools/sample/make.sh

deb: ## .deb packages for every platform, in dist/
	@VERSION='$(VERSION)' images/deb/build.sh

image: ## the appliance image (Debian, read-only root, RAUC A/B), in dist/
	@VERSION='$(VERSION)' images/disk/build.sh

PREAU_SCREENS ?= $(CURDIR)/.cache/screens
screens: build tools ## take a picture of every screen in PREAU_SCREENS; those of docs/screens are renewed
	@.ci/install chromium
	@PREAU_SCREENS=$(PREAU_SCREENS) go test -count=1 -run '^TestScreens(_Live)?$$' ./edge/box/boxtest
	@[ -n "$(PREAU_LOOKS)" ] || { cd docs/screens && for f in *.png; do cp $(PREAU_SCREENS)/$$f $$f; done; }

clean: ## forget what was built; the demo's state stays
	@rm -rf bin dist .cache
