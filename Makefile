# pg_caliper: build with PGXS, and the commands around it.
#
#	make			build for the newest PostgreSQL (15 to 18) found, or for
#				make PG_CONFIG=/path/to/pg_config
#	make install		install into that PostgreSQL; DESTDIR is honoured
#	make help		all commands
#
# The commands install what they need, so they work before any pg_config exists;
# `make clean` is not needed when PG_CONFIG changes.

ifndef PG_CONFIG
PG_CONFIG := $(shell tools/pg-config.sh)
endif
export PG_CONFIG

COMMANDS = demo check check-all bench lint indent indent-check help
.PHONY: $(COMMANDS) stage distclean

ifneq ($(filter $(COMMANDS),$(MAKECMDGOALS)),)

help:
	@sed -n 's/^#@ //p' Makefile

#@ make               build the library and the install script
#@ make install       install them into PostgreSQL
#@ make demo          see it work: private server, sample application, answers
#@                      KEEP=1 leaves the server running
demo:
	@tools/install-deps.sh demo
	@$(MAKE) --no-print-directory -s stage
	@demo/run.sh

#@ make check         all tests, on private servers; ends with "N passed, N failed"
check:
	@tools/install-deps.sh check
	@tools/check.sh

#@ make check-all     PostgreSQL 17 and 18, PostgreSQL's own suites, real clients,
#@                      fuzzing, crashes
check-all:
	@tools/install-deps.sh all
	@tools/check-all.sh

#@ make bench         what it costs, beside other extensions
bench:
	@tools/install-deps.sh bench
	@$(MAKE) --no-print-directory -s stage
	@bench/run.sh

#@ make lint          layers, sizes, exports, banned calls, SQL, warnings
lint:
	-@$(MAKE) --no-print-directory -s all
	@tools/lint.sh

#@ make indent        lay out the C code as pgindent does
#@ make indent-check  show what `make indent` would change
indent:
	@tools/indent.sh

indent-check:
	@tools/indent.sh --check

#@ make clean         remove what the build made; distclean removes build/ whole

# Other goals on the same command line: each by a make of its own, in order.
.NOTPARALLEL:
$(filter-out $(COMMANDS),$(MAKECMDGOALS)):
	@$(MAKE) --no-print-directory $@

else ifeq ($(PG_CONFIG),)

all install stage:
	@echo 'No PostgreSQL server headers (15 to 18) found: run "tools/install-deps.sh demo",' >&2
	@echo 'or name a pg_config: make PG_CONFIG=/path/to/pg_config' >&2
	@exit 1

clean:

distclean:
	rm -rf build

else

EXTENSION = pg_caliper
MODULE_big = pg_caliper
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(EXTENSION).control)
INSTALL_SQL = build/$(EXTENSION)--$(EXTVERSION).sql

ROOMS = extension $(wildcard extension/*/)
SOURCES = $(sort $(wildcard $(addsuffix /*.c,$(ROOMS:/=))))
OUR_HEADERS = $(sort $(wildcard $(addsuffix /*.h,$(ROOMS:/=))))
SQL_PARTS = $(sort $(wildcard extension/sql/*.sql))

OBJS = $(SOURCES:.c=.o)
DATA = $(wildcard updates/*.sql)
DATA_built = $(INSTALL_SQL)
EXTRA_CLEAN = build/for-*

PG_CPPFLAGS = -I$(srcdir)/extension
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers
# Only what the server looks for is exported; so one file of ours reaches
# another directly, without a look-up table.  From 16 on this is PGXS's own way.
PG_CFLAGS += -fvisibility=hidden
# Debian's servers keep frame pointers for profilers; on our hot path they would
# be an eighth of the instructions, and the unwind tables serve as well.
# Calls into the server go without the detour through the linkage table.
PG_CFLAGS += -fomit-frame-pointer -fno-plt
PG_CPPFLAGS += '-DPGDLLEXPORT=__attribute__((visibility("default")))'
# What a new process touches should lie on few pages: large tables behind
# everything else (see CAL_LARGE), code and constants in one piece, and no code
# of the C runtime's that would run when the process ends, for there is nothing
# for it to do.
SHLIB_LINK = $(filter -lm,$(LIBS)) -Wl,--sort-section=name \
	-Wl,-z,noseparate-code -nostartfiles

# No bitcode: it would ask for clang, and nothing here gains from inlining.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Every object depends on every header: simple, and never wrong.  The stamp
# stands for the server that the objects were compiled for.
STAMP = build/for-$(MAJORVERSION)
$(OBJS): $(OUR_HEADERS) $(STAMP) Makefile

$(STAMP):
	@mkdir -p build
	@rm -f build/for-*
	@touch $@

$(INSTALL_SQL): $(SQL_PARTS) $(EXTENSION).control
	@mkdir -p build
	{ printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	  cat $(SQL_PARTS); } > $@

# The files under build/stage, from where private servers load the extension.
stage: all
	@rm -rf build/stage
	@$(MAKE) -s install DESTDIR='$(CURDIR)/build/stage' >/dev/null

distclean: clean
	rm -rf build

endif
