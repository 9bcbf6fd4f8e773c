/*
 * The schema as text for people. Pure. The caller frees what is returned.
 */
#pragma once

/* `--help-config WHAT`: "" or NULL: everything; "neighbor": a section; "neighbor.hold-time": a key.
 * NULL when there is no such section or key. */
char *conf_help(const char *what);
/* doc/keys.md: the reference of all sections and keys in markdown. */
char *conf_reference(void);
/* doc/bgpd-lite.conf.5.scd: the same as a manual page (for scdoc), with the rules of the files. */
char *conf_manual(void);
