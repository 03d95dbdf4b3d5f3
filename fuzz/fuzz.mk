# Fuzz targets of extension/base: each fuzz/fuzz_*.c is a libFuzzer program,
# built by clang with ASan and UBSan.  Works alone (make -f fuzz/fuzz.mk
# fuzz-run) and included in the main Makefile.
#
#   fuzz-build        builds the programs under build/fuzz
#   fuzz-run          runs each for FUZZ_SECONDS, beginning with its seeds in
#                     fuzz/corpus; what it finds goes to build/fuzz
#   fuzz-run-SUBJECT  the same for one
#   fuzz-clean        removes everything but the seeds

PG_CONFIG ?= pg_config
FUZZ_SECONDS ?= 20
FUZZ_MAX_LEN ?= 8192
FUZZ_CC ?= clang
FUZZ_DIR := build/fuzz
FUZZ_CFLAGS := -std=gnu99 -O1 -g -Wall -Wextra -fno-omit-frame-pointer \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZ_CPPFLAGS = -DFRONTEND -DUSE_PRIVATE_ENCODING_FUNCS -D_GNU_SOURCE -Iextension -Ifuzz \
	-isystem $(shell $(PG_CONFIG) --includedir-server)
FUZZ_LIBS = -L$(shell $(PG_CONFIG) --pkglibdir) \
	-L$(shell $(PG_CONFIG) --libdir) -lpgcommon -lpgport -lm
FUZZ_BASE := $(wildcard extension/base/*.c)
FUZZ_HEADERS := $(wildcard extension/base/*.h fuzz/*.h)
FUZZ_SUBJECTS := $(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c))
FUZZ_PROGRAMS := $(FUZZ_SUBJECTS:%=$(FUZZ_DIR)/fuzz_%)

.PHONY: fuzz-build fuzz-run fuzz-clean $(FUZZ_SUBJECTS:%=fuzz-run-%)

fuzz-build: $(FUZZ_PROGRAMS)

$(FUZZ_PROGRAMS): $(FUZZ_DIR)/%: fuzz/%.c $(FUZZ_BASE) $(FUZZ_HEADERS)
	@mkdir -p $(FUZZ_DIR)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(FUZZ_CPPFLAGS) -o $@ $< $(FUZZ_BASE) \
		$(FUZZ_LIBS)

fuzz-run: $(FUZZ_SUBJECTS:%=fuzz-run-%)

$(FUZZ_SUBJECTS:%=fuzz-run-%): fuzz-run-%: $(FUZZ_DIR)/fuzz_%
	@mkdir -p $(FUZZ_DIR)/corpus/$*
	$(FUZZ_DIR)/fuzz_$* -max_total_time=$(FUZZ_SECONDS) \
		-max_len=$(FUZZ_MAX_LEN) -verbosity=0 -print_final_stats=1 \
		-artifact_prefix=$(FUZZ_DIR)/found_$*_ \
		$(FUZZ_DIR)/corpus/$* fuzz/corpus/$*

fuzz-clean:
	rm -rf $(FUZZ_DIR)
