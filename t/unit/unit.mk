# Unit tests of extension/base: each t/unit/test_*.c is a program that prints
# TAP and needs no server.  Works alone (make -f t/unit/unit.mk unit-run) and
# included in the main Makefile.
#
#   unit-build   builds the programs under build/unit
#   unit-run     builds and runs them with prove
#   unit-clean   removes them
#
# UNIT_SAN=address,undefined builds them with these sanitisers, under
# build/unit-san.

PG_CONFIG ?= pg_config
UNIT_SAN ?=
UNIT_CC ?= $(CC)
UNIT_DIR := build/unit$(if $(UNIT_SAN),-san)
UNIT_CFLAGS := -std=gnu99 -O2 -g -Wall -Wextra -Wmissing-prototypes \
	$(if $(UNIT_SAN),-fsanitize=$(UNIT_SAN) -fno-sanitize-recover=all)
UNIT_CPPFLAGS = -DFRONTEND -DUSE_PRIVATE_ENCODING_FUNCS -D_GNU_SOURCE -Iextension -It/unit \
	-isystem $(shell $(PG_CONFIG) --includedir-server)
UNIT_LIBS = -L$(shell $(PG_CONFIG) --pkglibdir) \
	-L$(shell $(PG_CONFIG) --libdir) -lpgcommon -lpgport -lm
UNIT_BASE := $(wildcard extension/base/*.c)
UNIT_HEADERS := $(wildcard extension/base/*.h t/unit/*.h)
UNIT_PROGRAMS := $(patsubst t/unit/%.c,$(UNIT_DIR)/%,\
	$(wildcard t/unit/test_*.c))

.PHONY: unit-build unit-run unit-clean

unit-build: $(UNIT_PROGRAMS)

$(UNIT_PROGRAMS): $(UNIT_DIR)/%: t/unit/%.c $(UNIT_BASE) $(UNIT_HEADERS)
	@mkdir -p $(UNIT_DIR)
	$(UNIT_CC) $(UNIT_CFLAGS) $(UNIT_CPPFLAGS) -o $@ $< $(UNIT_BASE) \
		$(UNIT_LIBS)

unit-run: unit-build
	prove --exec '' $(UNIT_PROGRAMS)

unit-clean:
	rm -rf build/unit build/unit-san
