# SPDX-License-Identifier: MIT

bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = %D%/completion/entrainctl

# The sample is installed beside entrain.ini, which is the administrator's and never touched.
entrainconfdir = $(sysconfdir)/entrain
nodist_entrainconf_DATA = %D%/entrain.ini.sample
%D%/entrain.ini.sample: %D%/entrain.ini
	$(AM_V_GEN)$(MKDIR_P) %D% && cp $(srcdir)/%D%/entrain.ini $@

systemdunitdir = $(prefix)/lib/systemd/system
nodist_systemdunit_DATA = %D%/entrain@.service
%D%/entrain@.service: %D%/entrain@.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && sed 's:[@]bindir[@]:$(bindir):' '$(srcdir)/%D%/entrain@.service.in' >$@

# Rules to copy into entrain.ini.
rulesdir = $(pkgdatadir)/rules
dist_rules_DATA = %D%/rules/redis.ini %D%/rules/postgresql.ini %D%/rules/sleep-loops.ini \
	%D%/rules/drifting.ini

EXTRA_DIST += %D%/README.md %D%/entrain.ini %D%/entrain@.service.in
CLEANFILES += %D%/entrain.ini.sample %D%/entrain@.service
