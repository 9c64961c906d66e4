# SPDX-License-Identifier: BSD-2-Clause
#
# GNU make. `make help` lists the targets.
#
# One object tree per kind of build, all from this one file:
#   build/       the programs            make
#   build/asan/  ASan + UBSan            make SAN=1
#   build/fuzz/  clang, libFuzzer        make FUZZ=1
# Variables: CC (gcc, clang), CFLAGS (optimisation and debugging only), LDFLAGS,
# PREFIX, DESTDIR, CASE (of golden), V=1 (show commands),
# WERROR= (warnings do not stop the build).

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

VERSION := 0.1.0
PREFIX ?= /usr/local
# The system's own one has the modules that packages bring.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3) python3)
FUZZ_SECONDS ?= 10

# Bottom to top; an archive may only need those to its left.
ROOMS := base grammar runtime mcc/model lint dnscheck mcc/emit mcc mccd
MCCD_ROOMS := base grammar runtime dnscheck mccd

# --- kinds of build -------------------------------------------------------

ifeq ($(origin CC),default)
CC := gcc
endif
ifdef FUZZ
CC := clang
TREE := build/fuzz
CFLAGS ?= -O1 -g
KIND_FLAGS := -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
else ifdef SAN
TREE := build/asan
CFLAGS ?= -O1 -g
KIND_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
else
TREE := build
CFLAGS ?= -O2 -g
# Debian's compilers may set the first one already, to another value.
KIND_FLAGS := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

GEN := build/gen
OBJ := $(TREE)/obj
BIN := $(TREE)/bin

# A warning is an error with the compilers it was tried with (gcc 12 and 14,
# clang 14 and 19); a newer one must not stop anybody from building.
CC_MAJOR := $(firstword $(subst ., ,$(shell $(CC) -dumpversion 2>/dev/null)))
WERROR ?= $(if $(filter 12 14 19,$(CC_MAJOR)),-Werror)

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wformat=2 -Wundef -Wvla -Wswitch-enum $(WERROR)
# What flex and bison write is not ours to improve.
GEN_WARNINGS := -Wall -Wextra $(WERROR) -Wno-sign-compare -Wno-unused-function \
	-Wno-unused-parameter -Wno-unused-but-set-variable

PKGS := ldns jansson libpcre2-8 lmdb openssl libidn2
# Where pkg-config or a .pc file is missing the plain names must do.
pkg_libs = $(or $(shell pkg-config --libs $(1) 2>/dev/null),$(2))
LIBS := $(call pkg_libs,ldns,-lldns) $(call pkg_libs,jansson,-ljansson) \
	$(call pkg_libs,libpcre2-8,-lpcre2-8) $(call pkg_libs,lmdb,-llmdb) \
	$(call pkg_libs,openssl,-lssl -lcrypto) $(call pkg_libs,libidn2,-lidn2)
PKG_CFLAGS := $(foreach p,$(PKGS),$(shell pkg-config --cflags $(p) 2>/dev/null))

MCC_CPPFLAGS := -D_GNU_SOURCE -DMCC_VERSION='"$(VERSION)"' -I. -I$(GEN) $(PKG_CFLAGS)
MCC_CFLAGS := -std=c17 $(CFLAGS) $(KIND_FLAGS) -fPIE -fstack-protector-strong
MCC_LDFLAGS := $(LDFLAGS) $(KIND_FLAGS) -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
COMPILE = $(CC) $(MCC_CPPFLAGS) $(CPPFLAGS) $(MCC_CFLAGS) -MMD -MP

# "CC file", or the whole command with V=1.
say = $(if $(V),set -x;,echo "  $(1) $(2)";)

# --- sources --------------------------------------------------------------

PROGRAM_MAINS := $(wildcard mcc/main.c mccd/main.c)
PROGRAMS := $(PROGRAM_MAINS:%/main.c=$(BIN)/%)
room_sources = $(filter-out %/main.c $(UNIT_SOURCES),$(wildcard $(1)/*.c))
SOURCES := $(foreach r,$(ROOMS),$(wildcard $(r)/*.c))
HEADERS := $(foreach r,$(ROOMS),$(wildcard $(r)/*.h))

LEXERS := $(wildcard grammar/*.l)
PARSERS := $(wildcard grammar/*.y)
GEN_GRAMMAR := $(LEXERS:%.l=$(GEN)/%.lex.c) $(PARSERS:%.y=$(GEN)/%.tab.c)
GEN_HEADERS := $(GEN_GRAMMAR:.c=.h)
RULE_DOCS := $(sort $(wildcard docs/rules/*.md))

UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(BIN)/%)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_PROGRAMS := $(FUZZ_SOURCES:tests/fuzz/%.c=$(BIN)/%)

room_objects = $(patsubst %.c,$(OBJ)/%.o,$(call room_sources,$(1)))
archives = $(foreach r,$(1),$(OBJ)/$(r)/lib.a)
reverse = $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
MCC_ARCHIVES := $(call reverse,$(call archives,$(filter-out mccd,$(ROOMS))))
MCCD_ARCHIVES := $(call reverse,$(call archives,$(MCCD_ROOMS)))
# Of tests: fewer rooms when another one does not compile just now, as in
# make LINK_ROOMS="base grammar" build/bin/test_cf
LINK_ROOMS ?= $(ROOMS)
ALL_ARCHIVES := $(call reverse,$(call archives,$(LINK_ROOMS)))

# --- programs -------------------------------------------------------------

.PHONY: all programs unit-programs fuzz-programs
all: programs
programs: $(PROGRAMS)
unit-programs: $(UNIT_PROGRAMS)
fuzz-programs: $(FUZZ_PROGRAMS)

LINK = @mkdir -p $(@D) && $(call say,LINK,$@) $(CC) $(MCC_CFLAGS) $(MCC_LDFLAGS) -o $@

$(BIN)/mcc: $(OBJ)/mcc/main.o $(MCC_ARCHIVES)
	$(LINK) $^ $(LIBS)

$(BIN)/mccd: $(OBJ)/mccd/main.o $(MCCD_ARCHIVES)
	$(LINK) $^ $(LIBS)

$(UNIT_PROGRAMS): $(BIN)/%: $(OBJ)/tests/unit/%.o \
		$(OBJ)/tests/unit/lib.a $(ALL_ARCHIVES)
	$(LINK) $^ $(LIBS) $(call pkg_libs,cmocka,-lcmocka)

$(FUZZ_PROGRAMS): $(BIN)/%: $(OBJ)/tests/fuzz/%.o $(ALL_ARCHIVES)
	$(LINK) -fsanitize=fuzzer $^ $(LIBS)

# Made anew each time: an object whose source is gone must not stay inside.
define room_rule
$(OBJ)/$(1)/lib.a: $$(call room_objects,$(1)) $(2)
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$^
endef
GEN_OBJECTS := $(GEN_GRAMMAR:$(GEN)/%.c=$(OBJ)/gen/%.o)
$(foreach r,$(filter-out grammar mcc,$(ROOMS)),$(eval $(call room_rule,$(r),)))
$(eval $(call room_rule,grammar,$(GEN_OBJECTS)))
$(eval $(call room_rule,mcc,$(OBJ)/gen/rule_docs.o))
# Of the helpers of tests, so that each test takes those it calls.
$(eval $(call room_rule,tests/unit,))

# A change of compiler or flags makes the objects of the tree anew.
FLAGS_NOW := $(COMPILE) $(WARNINGS) $(MCC_LDFLAGS) $(LIBS)
.PHONY: FORCE
FORCE:
$(TREE)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@

$(OBJ)/gen/%.o: $(GEN)/%.c $(TREE)/flags | $(GEN_HEADERS)
	@mkdir -p $(@D)
	@$(call say,CC,$<) $(COMPILE) $(GEN_WARNINGS) -c -o $@ $<

$(OBJ)/%.o: %.c $(TREE)/flags
	@mkdir -p $(@D)
	@$(call say,CC,$<) $(COMPILE) $(WARNINGS) -c -o $@ $<

# Only the grammar room (and tests) may see generated headers.
$(patsubst %.c,$(OBJ)/%.o,$(wildcard grammar/*.c) $(UNIT_SOURCES) $(FUZZ_SOURCES)): \
	| $(GEN_HEADERS)

# --- generated sources ----------------------------------------------------

$(GEN)/%.lex.c $(GEN)/%.lex.h &: %.l
	@mkdir -p $(@D)
	@$(call say,FLEX,$<) flex -o $(GEN)/$*.lex.c --header-file=$(GEN)/$*.lex.h $<

$(GEN)/%.tab.c $(GEN)/%.tab.h &: %.y
	@mkdir -p $(@D)
	@$(call say,BISON,$<) bison -Wall -Werror -Wcounterexamples -o $(GEN)/$*.tab.c \
		--header=$(GEN)/$*.tab.h $<

# The list of documents is an input too: one removed must vanish.
$(GEN)/rule_docs.list: FORCE
	@mkdir -p $(@D)
	@echo '$(RULE_DOCS)' | cmp -s - $@ || echo '$(RULE_DOCS)' > $@

$(GEN)/rule_docs.c: tools/embed-rules.sh $(GEN)/rule_docs.list $(RULE_DOCS)
	@sh tools/embed-rules.sh $(RULE_DOCS) > $@

-include $(wildcard $(foreach d,$(ROOMS) gen gen/grammar tests/unit tests/fuzz,\
	$(OBJ)/$(d)/*.d))

# --- what people run ------------------------------------------------------

.PHONY: help deps deps-test demo test check-asan fuzz-smoke golden bench \
	oracle oracle-configs oracle-routes oracle-sessions oracle-tables oracle-spf
help:
	@echo 'all          build/bin/mcc and build/bin/mccd'
	@echo 'demo         install what is missing, build, deliver one message'
	@echo 'test         install what the tests need and run them all'
	@echo 'check-asan   unit, golden and end-to-end tests, ASan + UBSan only'
	@echo 'fuzz-smoke   every fuzz target for FUZZ_SECONDS (10) seconds'
	@echo 'golden       rewrite expected outputs and show the difference [CASE=x]'
	@echo 'lint         every static check; lint-quick: those that take seconds'
	@echo 'format       clang-format over .c and .h'
	@echo 'oracle       random configurations beside postconf [N=500 SEED=x SECONDS=s]'
	@echo 'bench        every bench/*.sh'
	@echo 'install      to DESTDIR PREFIX (/usr/local)'
	@echo 'deps         install what the build needs; deps-test: the tests too'
	@echo 'clean        remove build/'

deps:
	@sh tools/deps.sh build

deps-test:
	@sh tools/deps.sh test

# The build starts anew, as pkg-config itself may have come with deps.
demo: deps
	@$(MAKE) --no-print-directory all
	@sh tools/demo.sh

test: deps-test
	@$(PYTHON) tests/run.py

check-asan:
	@$(PYTHON) tests/run.py --only asan

fuzz-smoke:
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(PYTHON) tests/run.py --only fuzz

golden: all
	@$(PYTHON) tests/golden.py --rewrite $(CASE)

# Random sites beside the real Postfix: root, Postfix, N sites of each kind.
oracle-sessions: $(BIN)/mcc
	@$(PYTHON) tests/oracle/sessions.py -n $(or $(N),10) $(if $(SEED),--seed $(SEED)) \
		--mcc $(CURDIR)/$(BIN)/mcc

# Where random sites send mail, beside the real Postfix: root, Postfix, N sites.
oracle-routes: $(BIN)/mcc
	@$(PYTHON) tests/oracle/routes.py -n $(or $(N),10) $(if $(SEED),--seed $(SEED)) \
		--jobs $(or $(JOBS),6) --mcc $(CURDIR)/$(BIN)/mcc

# Random main.cf and master.cf beside the installed postconf: N of them.
oracle: oracle-configs
oracle-configs: $(BIN)/mcc
	@$(PYTHON) tests/oracle/configs.py -n $(or $(N),500) $(if $(SEED),--seed $(SEED)) \
		$(if $(SECONDS),--seconds $(SECONDS)) --mcc $(CURDIR)/$(BIN)/mcc

# Random zones and clients beside pyspf: N zones.
oracle-spf: $(BIN)/mcc
	@$(PYTHON) tests/oracle/spf_checks.py -n $(or $(N),200) $(if $(SEED),--seed $(SEED)) \
		$(if $(SECONDS),--seconds $(SECONDS)) --mcc $(CURDIR)/$(BIN)/mcc

# Random tables and aliases beside the real postmap and postalias: N cases.
oracle-tables: $(BIN)/mcc
	@$(PYTHON) tests/oracle/tables.py -n $(or $(N),300) $(if $(SEED),--seed $(SEED)) \
		$(if $(SECONDS),--seconds $(SECONDS)) --mcc $(CURDIR)/$(BIN)/mcc

bench: all
	@for b in bench/*.sh; do \
		[ -e "$$b" ] || continue; \
		echo "== $$b"; \
		MCC=$(CURDIR)/$(BIN)/mcc MCCD=$(CURDIR)/$(BIN)/mccd sh "$$b" || exit 1; \
	done

# --- quality --------------------------------------------------------------

FORMATTED := $(SOURCES) $(HEADERS) $(wildcard tests/unit/*.[ch] tests/fuzz/*.[ch])
TOOL_CHECKS := $(sort $(wildcard tests/tools/check-*.sh))
SHELL_FILES := $(wildcard tools/*.sh tests/tools/*.sh bench/*.sh tests/*.sh .ci/run)
# clang-tidy and cppcheck see the same flags as the compiler, and look again at
# what has changed only: an object is made anew for each header of its source.
TIDY_OK := $(SOURCES:%.c=$(TREE)/tidy/%.ok)

.PHONY: lint lint-quick format check-format check-tidy check-cppcheck check-shell \
	$(TOOL_CHECKS)

lint: lint-quick check-tidy check-cppcheck
	@echo 'lint: clean'

lint-quick: $(TOOL_CHECKS) check-format check-shell

$(TOOL_CHECKS): all
	@CC='$(CC)' sh $@

check-format:
	@clang-format --dry-run --Werror $(FORMATTED)

format:
	clang-format -i $(FORMATTED)

check-tidy: $(TIDY_OK)

$(TIDY_OK): $(TREE)/tidy/%.ok: $(OBJ)/%.o .clang-tidy
	@mkdir -p $(@D)
	@$(call say,TIDY,$*.c) clang-tidy --quiet $*.c -- -std=c17 $(MCC_CPPFLAGS) 2>/dev/null
	@touch $@

check-cppcheck: | $(GEN_HEADERS)
	@mkdir -p $(TREE)/cppcheck
	@cppcheck --quiet --cppcheck-build-dir=$(TREE)/cppcheck --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,portability,performance \
		--suppressions-list=tests/tools/cppcheck.txt \
		-D_GNU_SOURCE -DMCC_VERSION='"x"' -I. -I$(GEN) -j2 $(SOURCES)

check-shell:
	@shellcheck $(SHELL_FILES)

# --- installation ---------------------------------------------------------

.PHONY: install clean
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/sbin \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man8 \
		$(DESTDIR)$(PREFIX)/share/doc/mcc/rules
	install -m 755 $(BIN)/mcc $(DESTDIR)$(PREFIX)/bin/mcc
	install -m 755 $(BIN)/mccd $(DESTDIR)$(PREFIX)/sbin/mccd
	install -m 644 man/mcc.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 man/mccd.8 $(DESTDIR)$(PREFIX)/share/man/man8/
	$(if $(RULE_DOCS),install -m 644 $(RULE_DOCS) $(DESTDIR)$(PREFIX)/share/doc/mcc/rules/)

clean:
	rm -rf build
