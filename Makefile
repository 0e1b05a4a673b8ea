# SPDX-License-Identifier: MIT
# Thin: packages, meson, ninja and scripts.  make V=1 shows what ninja runs.
BUILD  = build
PREFIX = /usr/local
NINJA  = ninja -C $(BUILD) $(if $(V),-v)

all:
	@scripts/packages build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix $(PREFIX) -Dtests=false \
		-Doptimization=3 -Db_lto=true
	@$(NINJA)

demo:
	@scripts/packages demo
	@$(MAKE) --no-print-directory all
	@$(BUILD)/synfin demo

check:
	@scripts/packages test
	@scripts/check

# As root everything, otherwise what user namespaces allow: make bench BENCH="--rounds 3 tun"
BENCH =
bench:
	@scripts/packages bench
	@$(MAKE) --no-print-directory all
	@meson configure $(BUILD) -Dbench=true
	@$(NINJA)
	@bench/run $(BUILD) $(BENCH)

# Each fuzzer for as long as is asked: make fuzz SECONDS=3600
SECONDS = 600
fuzz:
	@scripts/packages test
	@scripts/check --seconds $(SECONDS) fuzz

# Lines and branches of the engine's rooms that the tests reach
coverage:
	@scripts/packages test
	@scripts/coverage

# Break the engine in one place at a time: each break has to be noticed by a test
mutate:
	@scripts/packages test
	@tests/mutate/mutate.py

soak:
	@scripts/packages soak
	@scripts/check soak

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)

# Try `make TARGET` in a Debian that has nothing: make fresh TARGET=check
TARGET = check
fresh:
	@scripts/packages fresh
	@scripts/fresh $(TARGET)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean:
	rm -rf build build-*

.PHONY: all demo check bench fuzz coverage mutate soak install fresh format clean
