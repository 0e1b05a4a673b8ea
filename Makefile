# SPDX-License-Identifier: MIT
# Thin: packages, meson, ninja and scripts.  make V=1 shows what ninja runs.
BUILD  = build
PREFIX = /usr/local
NINJA  = ninja -C $(BUILD) $(if $(V),-v)

all:
	@scripts/packages build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) --prefix $(PREFIX) -Dtests=false
	@$(NINJA)

demo:
	@scripts/packages demo
	@$(MAKE) --no-print-directory all
	@$(BUILD)/synfin demo

check:
	@scripts/packages test
	@scripts/check

bench: all
	@scripts/packages bench
	@scripts/bench

fuzz:
	@scripts/packages test
	@scripts/fuzz

soak:
	@scripts/packages soak
	@scripts/soak

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD)

# Try `make TARGET` in a Debian that has nothing: make fresh TARGET=check
TARGET = check
fresh:
	@scripts/fresh $(TARGET)

format:
	@git ls-files '*.c' '*.h' | xargs clang-format-14 -i

clean:
	rm -rf build build-*

.PHONY: all demo check bench fuzz soak install fresh format clean
