# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets. Sources are found by wildcard: a new file in
# bpf/, user/*/, tests/unit/ or tests/fuzz/ needs no line here.

VERSION := 0.1.0

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-builtin-variables

V ?= 0
SANITIZE ?= 0
ARGS ?=
DESTDIR ?=
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 20

# ARCH=arm64 builds for that machine, with Debian's cross compiler and its libraries (SYSROOT=DIR:
# those in that tree).
machine = $(or $(patsubst %,x86,$(filter x86_64,$1)),$(patsubst %,arm64,$(filter aarch64,$1)),$1)
MACHINE := $(call machine,$(shell uname -m))
ARCH ?= $(MACHINE)
SYSROOT ?=
ifneq ($(ARCH),$(MACHINE))
CROSS_COMPILE ?= $(or $(patsubst %,aarch64-linux-gnu-,$(filter arm64,$(ARCH))),$(patsubst %,x86_64-linux-gnu-,$(filter x86,$(ARCH))),$(ARCH)-linux-gnu-)
BUILD ?= build/$(ARCH)
endif

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
CC ?= gcc
AR := $(CROSS_COMPILE)ar
CLANG ?= clang
BPFTOOL ?= $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool || echo bpftool)
INSTALL ?= install
JOBS ?= $(shell nproc)

# Only the plain build owns ./lbtrace; any other keeps its program to itself.
ifeq ($(SANITIZE),1)
BUILD ?= build/sanitize
else
BUILD ?= build
endif
ifeq ($(BUILD)/$(SANITIZE),build/0)
PROGRAM := lbtrace
else
PROGRAM := $(BUILD)/lbtrace
endif

ifeq ($(V),1)
quiet :=
say := @:
else
quiet := @
say := @printf '  %-8s %s\n'
endif

# Every file is made under another name and renamed, so that a build that was
# killed leaves nothing half written that looks finished.
depend = -MMD -MP -MT $@ -MF $(@:.o=.d).part
finish = mv $(@:.o=.d).part $(@:.o=.d) && mv $@.part $@

# --- what there is ---------------------------------------------------------

BPF_SOURCES := $(wildcard bpf/*.bpf.c)
BPF_OBJECTS := $(BPF_SOURCES:%.bpf.c=$(BUILD)/%.bpf.o)
BPF_OBJECT := $(BUILD)/lbtrace.bpf.o
SKELETON := $(BUILD)/lbtrace.skel.h

MAIN_SOURCES := $(wildcard user/main.c user/cmd/*.c)
PART_SOURCES := $(filter-out user/cmd/%,$(wildcard user/*/*.c))
MAIN_OBJECTS := $(MAIN_SOURCES:%.c=$(BUILD)/%.o)
PART_OBJECTS := $(PART_SOURCES:%.c=$(BUILD)/%.o)
PARTS := $(BUILD)/parts.a

# tests/unit/test_*.c are programs; the other files there help them.
UNIT_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
UNIT_HELPERS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/unit/test_%,$(wildcard tests/unit/*.c)))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
# tests/fuzz/NAME_seeds.c, where there is one, writes a first corpus into the directory it is given.
FUZZ_SEEDERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/*_seeds.c))
# tests/cli/*.c are programs that the bats tests call.
CLI_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/cli/*.c))
# What meets hostile input; the capture needs a kernel.
FUZZ_PARTS := $(patsubst %.c,$(BUILD)/fuzz/%.o,$(filter-out user/capture/%,$(PART_SOURCES)))

# tests/incidents/NAME/*.c becomes lab-NAME.
LAB_PROGRAMS := $(patsubst tests/incidents/%/,$(BUILD)/lab-%,$(sort $(dir $(wildcard tests/incidents/*/*.c))))

# --- flags -----------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror
SYSROOT_FLAGS := $(if $(SYSROOT),--sysroot=$(SYSROOT))
# Merged comparisons would become calls of memcmp(), which BPF has not.
BPF_CFLAGS := -target bpf -g -O2 -mcpu=v3 -std=gnu11 -D__TARGET_ARCH_$(ARCH) -I. \
	$(SYSROOT_FLAGS) $(WARNINGS) -Wno-unused-parameter -Wno-missing-declarations -fno-stack-protector \
	-mllvm -disable-mergeicmps

CFLAGS ?= -O2 -g
BASE_CFLAGS := -std=gnu11 $(SYSROOT_FLAGS) $(WARNINGS) -D_GNU_SOURCE= -DLBTRACE_VERSION='"$(VERSION)"' -I. -I$(BUILD) \
	-fno-omit-frame-pointer -ffunction-sections -fdata-sections
ifeq ($(SANITIZE),1)
SANITIZE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all
else
HARDENING := -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
USER_CFLAGS := $(BASE_CFLAGS) $(CFLAGS) $(HARDENING) $(SANITIZE_FLAGS)
USER_LDFLAGS := $(LDFLAGS) $(SYSROOT_FLAGS) $(SANITIZE_FLAGS) -Wl,--gc-sections -Wl,--as-needed

# Debian has each of them as a static library too, which `make static` needs.
LIBRARIES := -lbpf -lelf -ljansson -lyaml -lcares -lcap-ng -lz

# Recompiles everything when a tool or flag changes, and only then.
FLAGS := $(BUILD)/flags
FLAGS_TEXT := $(CC) $(USER_CFLAGS) $(USER_LDFLAGS) $(LIBRARIES) $(CLANG) $(BPF_CFLAGS) $(BPFTOOL)
export FLAGS_TEXT
ifneq ($(shell printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $(FLAGS) && echo same),same)
.PHONY: $(FLAGS)
endif

$(FLAGS):
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_TEXT" >$@

# --- the program -----------------------------------------------------------

.PHONY: all
all: $(PROGRAM) ## build ./lbtrace

$(BUILD)/bpf/%.bpf.o: bpf/%.bpf.c $(FLAGS)
	@mkdir -p $(@D)
	$(say) BPF $<
	$(quiet)$(CLANG) $(BPF_CFLAGS) $(depend) -c $< -o $@.part && $(finish)

$(BPF_OBJECT): $(BPF_OBJECTS)
	$(say) LINK $@
	$(quiet)$(BPFTOOL) gen object $@.part $^ && mv $@.part $@

$(SKELETON): $(BPF_OBJECT)
	$(say) SKELETON $@
	$(quiet)$(BPFTOOL) gen skeleton $< name lbtrace_bpf >$@.part && mv $@.part $@

$(filter $(BUILD)/user/capture/%,$(PART_OBJECTS)): $(SKELETON)

$(BUILD)/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(say) CC $<
	$(quiet)$(CC) $(USER_CFLAGS) $(depend) -c $< -o $@.part && $(finish)

$(PARTS): $(PART_OBJECTS)
	$(say) AR $@
	$(quiet)rm -f $@.part && $(AR) rcs $@.part $^ && mv $@.part $@

$(PROGRAM): $(MAIN_OBJECTS) $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@.part $(LIBRARIES) && mv $@.part $@

.PHONY: static
static: $(BUILD)/static/lbtrace ## build one file that needs no shared library beyond libc

$(BUILD)/static/lbtrace: $(MAIN_OBJECTS) $(PARTS)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) -static-libgcc $^ -o $@.part \
		-Wl,-Bstatic $(LIBRARIES) -Wl,-Bdynamic && mv $@.part $@

# --- tests -----------------------------------------------------------------

.PHONY: unit unit-programs
unit-programs: $(UNIT_PROGRAMS)

unit: $(UNIT_PROGRAMS) ## run the unit tests (SANITIZE=1: under the sanitizers)
	@tests/unit/run.sh $(sort $^)

$(UNIT_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(UNIT_HELPERS) $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@.part -lcmocka $(LIBRARIES) && mv $@.part $@

.PHONY: cli-programs
cli-programs: $(CLI_PROGRAMS)

$(CLI_PROGRAMS): $(BUILD)/%: $(BUILD)/%.o $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@ $(LIBRARIES)

# What fails a program's calls on purpose, to be preloaded.
.PHONY: faults fault-library
fault-library: $(BUILD)/fault.so

$(BUILD)/fault.so: $(wildcard tests/faults/interpose/*.[ch]) $(FLAGS)
	$(say) CC $@
	$(quiet)$(CC) $(BASE_CFLAGS) -O2 -g -fPIC -fno-builtin -shared $(filter %.c,$^) -o $@.part && mv $@.part $@

faults: ## put lbtrace under pressure, and fail its calls; needs root
	@scripts/as-owner.sh $(MAKE) --no-print-directory -j$(JOBS) all lab-backend cli-programs fault-library
	@tests/faults/run.sh

.PHONY: check-types
check-types: $(BUILD)/tests/kernel/check_types $(BUILD)/tests/kernel/types.bpf.o ## compare vmlinux/vmlinux.h with the running kernel
	@$^

$(BUILD)/tests/kernel/types.bpf.o: vmlinux/vmlinux.h tests/kernel/types.sh $(FLAGS)
	@mkdir -p $(@D)
	$(say) BPF $<
	$(quiet)tests/kernel/types.sh $< $(ARCH) >$(@:.o=.c)
	$(quiet)$(CLANG) $(BPF_CFLAGS) -c $(@:.o=.c) -o $@.part && mv $@.part $@

$(BUILD)/tests/kernel/check_types: $(BUILD)/tests/kernel/check_types.o
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@.part $(LIBRARIES) && mv $@.part $@

.PHONY: check-verifier
check-verifier: $(BUILD)/tests/kernel/verifier ## count what the verifier goes through; needs root
	@$<

$(BUILD)/tests/kernel/verifier: $(BUILD)/tests/kernel/verifier.o $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) -static-libgcc $^ -o $@.part \
		-Wl,-Bstatic $(LIBRARIES) -Wl,-Bdynamic && mv $@.part $@

.PHONY: check-kernels
check-kernels: ## run the incidents on Debian's kernels under qemu, and write docs/kernels.md; needs root
	@KERNELS_WRITE=1 scripts/kernels.sh $(ARGS)

.PHONY: fuzz fuzz-programs
fuzz-programs: $(FUZZ_PROGRAMS) $(FUZZ_SEEDERS)

fuzz: fuzz-programs ## fuzz what reads hostile input, FUZZ_SECONDS each
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $(BUILD)/fuzz $(sort $(FUZZ_PROGRAMS))

FUZZ_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all

$(BUILD)/fuzz/%.o: %.c $(FLAGS)
	@mkdir -p $(@D)
	$(say) FUZZCC $<
	$(quiet)$(CLANG) $(BASE_CFLAGS) -O1 -g -fsanitize=fuzzer-no-link $(FUZZ_FLAGS) $(depend) -c $< -o $@.part && $(finish)

$(BUILD)/fuzz/parts.a: $(FUZZ_PARTS)
	$(say) AR $@
	$(quiet)rm -f $@.part && $(AR) rcs $@.part $^ && mv $@.part $@

$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/parts.a
	$(say) LINK $@
	$(quiet)$(CLANG) -fsanitize=fuzzer $(FUZZ_FLAGS) -Wl,--gc-sections -Wl,--as-needed $^ -o $@.part $(LIBRARIES) && mv $@.part $@

$(FUZZ_SEEDERS): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(UNIT_HELPERS) $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@.part -lcmocka $(LIBRARIES) && mv $@.part $@

.PHONY: lab-programs lab-backend
lab-programs: $(LAB_PROGRAMS)
lab-backend: lab-programs ## build the misbehaving backend of the lab

.SECONDEXPANSION:
$(LAB_PROGRAMS): $(BUILD)/lab-%: $$(wildcard tests/incidents/$$*/*.c tests/incidents/$$*/*.h) $(FLAGS)
	$(say) CC $@
	$(quiet)$(CC) $(BASE_CFLAGS) -O2 $(filter %.c,$^) -o $@.part -lssl -lcrypto -lpthread && mv $@.part $@

# --- from a fresh machine --------------------------------------------------

.PHONY: run demo check setup built
setup: ## install what is missing (Debian 12)
	@scripts/setup.sh

built: setup
	@scripts/as-owner.sh $(MAKE) --no-print-directory -j$(JOBS) all

run: built ## set up, build and run ./lbtrace $(ARGS); needs root
	@./lbtrace $(ARGS)

demo: built ## set up, build and show lbtrace at work in a lab of network namespaces; needs root
	@scripts/as-owner.sh $(MAKE) --no-print-directory -j$(JOBS) lab-backend
	@scripts/demo.sh

check: setup ## set up and run every test
	@FUZZ_SECONDS=$(FUZZ_SECONDS) scripts/check.sh

.PHONY: accuracy
accuracy: ## measure how often the verdicts are right, and write docs/accuracy.md; needs root
	@scripts/as-owner.sh $(MAKE) --no-print-directory -j$(JOBS) all lab-backend
	@ACCURACY_WRITE=1 scripts/accuracy.sh

# tests/bench/NAME.c becomes bench-NAME.
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench-%,$(wildcard tests/bench/*.c))

.PHONY: bench bench-programs
bench-programs: $(BENCH_PROGRAMS) $(BUILD)/bench-count.so $(BUILD)/bench-empty.bpf.o

$(BENCH_PROGRAMS): $(BUILD)/bench-%: $(BUILD)/tests/bench/%.o $(PARTS)
	$(say) LINK $@
	$(quiet)$(CC) $(USER_LDFLAGS) $^ -o $@.part $(LIBRARIES) && mv $@.part $@

# What counts instructions in qemu, and what the peers are compared with.
$(BUILD)/bench-count.so: tests/bench/qemu/count.c tests/bench/qemu/mark.h $(FLAGS)
	$(say) CC $<
	$(quiet)$(CC) $(BASE_CFLAGS) -O2 -fPIC -shared -fvisibility=hidden $< -o $@.part && mv $@.part $@

$(BUILD)/bench-empty.bpf.o: tests/bench/qemu/empty.bpf.c $(FLAGS)
	$(say) BPF $<
	$(quiet)$(CLANG) $(BPF_CFLAGS) -c $< -o $@.part && mv $@.part $@

bench: ## measure what lbtrace costs beside its peers, and write docs/performance.md; needs root
	@scripts/as-owner.sh $(MAKE) --no-print-directory -j$(JOBS) all bench-programs
	@BENCH_WRITE=1 scripts/bench.sh

.PHONY: lint format install uninstall clean help
lint: $(SKELETON) ## formatting, static checks and the rules of the tree
	@scripts/lint.sh $(BUILD)

format: ## rewrite all C to the house style
	$(quiet)scripts/lint-files.sh c | xargs clang-format -i

install: all
	$(INSTALL) -D -m 0755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/lbtrace
	$(quiet)for page in $(wildcard docs/man/*.[1-8]); do \
		$(INSTALL) -D -m 0644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/lbtrace
	$(quiet)for page in $(wildcard docs/man/*.[1-8]); do \
		rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$${page##*/}; done

clean:
	rm -rf build lbtrace lbtrace.part

help:
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1@\2/p' Makefile | sort | column -t -s @
	@echo
	@echo '  V=1 shows commands; SANITIZE=1 builds with sanitizers; BUILD=DIR builds elsewhere;'
	@echo '  ARGS=... go to lbtrace; DESTDIR=, PREFIX= for install; FUZZ_SECONDS=N'
	@echo '  ARCH=arm64 builds for that machine into build/arm64; SYSROOT=DIR: with the libraries there'

-include $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%.d,$(wildcard tests/bench/*.c))
-include $(BPF_OBJECTS:.o=.d) $(MAIN_OBJECTS:.o=.d) $(PART_OBJECTS:.o=.d)
-include $(CLI_PROGRAMS:%=%.d) $(UNIT_PROGRAMS:%=%.d) $(UNIT_HELPERS:.o=.d) $(FUZZ_PARTS:.o=.d)
-include $(FUZZ_SEEDERS:$(BUILD)/fuzz/%=$(BUILD)/tests/fuzz/%.d)
-include $(FUZZ_PROGRAMS:$(BUILD)/fuzz/%=$(BUILD)/fuzz/tests/fuzz/%.d)
-include $(wildcard $(BUILD)/tests/kernel/*.d)
