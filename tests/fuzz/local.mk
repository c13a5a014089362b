# SPDX-License-Identifier: MIT
# Fuzz targets. In `make check` each runs seeded mutations of sound inputs for two seconds; `make fuzz` runs them under
# libFuzzer with ASan and UBSan (clang), FUZZ_SECONDS each, and keeps what it found out in tests/fuzz/corpus.
fuzz_names = segment config text
fuzz_tests = %D%/fuzz_segment %D%/fuzz_config %D%/fuzz_text
check_PROGRAMS += $(fuzz_tests)
TESTS += $(fuzz_tests)
LONG_TESTS += $(fuzz_tests)
CLEANFILES += fuzz_segment.last fuzz_config.last fuzz_text.last
EXTRA_DIST += %D%/README.md

fuzz_cppflags = $(AM_CPPFLAGS) -I$(srcdir)/libshm -I$(srcdir)/tests/process
fuzz_main = %D%/fuzz.h %D%/fuzz_main.c
fuzz_segment_sources = %D%/fuzz_segment.c tests/process/picture_ranges.h tests/process/picture_ranges.c \
	tests/process/swarm_fixture.h tests/process/swarm_fixture.c
fuzz_config_sources = %D%/fuzz_config.c %D%/fuzz_mutate.h %D%/fuzz_mutate.c
fuzz_text_sources = %D%/fuzz_text.c %D%/fuzz_mutate.h %D%/fuzz_mutate.c

%C%_fuzz_segment_SOURCES = $(fuzz_segment_sources) $(fuzz_main)
%C%_fuzz_segment_CPPFLAGS = $(fuzz_cppflags)
%C%_fuzz_segment_LDADD = libentrain-core.la -lm
%C%_fuzz_config_SOURCES = $(fuzz_config_sources) $(fuzz_main)
%C%_fuzz_config_CPPFLAGS = $(fuzz_cppflags)
%C%_fuzz_config_LDADD = libentrain-core.la
%C%_fuzz_text_SOURCES = $(fuzz_text_sources) $(fuzz_main)
%C%_fuzz_text_CPPFLAGS = $(fuzz_cppflags)
%C%_fuzz_text_LDADD = libentrain-core.la

# The library is built along, so that libFuzzer sees its branches.
FUZZ_CC = clang
FUZZ_SECONDS = 60
# liburcu puts its readers where alignment says they may not be.
FUZZ_CFLAGS = -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined
# As long as the sound images are: that is libFuzzer's own guess.
fuzz_segment_flags = -len_control=0
fuzz_config_flags = -max_len=4096
fuzz_text_flags = -max_len=400

fuzz: $(fuzz_tests)
	@for name in $(fuzz_names); do $(MAKE) fuzz-$$name || exit 1; done

fuzz-segment fuzz-config fuzz-text: fuzz-%: %D%/fuzz_%
	$(MKDIR_P) %D%/corpus/$*
	$(FUZZ_CC) $(fuzz_cppflags) $(INIH_CFLAGS) $(FUZZ_CFLAGS) -o %D%/libfuzzer_$* \
		$(addprefix $(srcdir)/,$(filter %.c,$(fuzz_$*_sources) $(libentrain_core_la_SOURCES) \
			$(libentrain_rules_la_SOURCES))) \
		$(INIH_LIBS) $(URCU_LIBS) -lm -lpthread
	%D%/fuzz_$* --write %D%/corpus/$*
	%D%/libfuzzer_$* -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 $(fuzz_$*_flags) \
		-artifact_prefix=%D%/$*- %D%/corpus/$*

.PHONY: fuzz fuzz-segment fuzz-config fuzz-text
CLEANFILES += %D%/libfuzzer_segment %D%/libfuzzer_config %D%/libfuzzer_text
