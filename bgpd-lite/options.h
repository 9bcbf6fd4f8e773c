/*
 * The command line of the daemon.
 */
#pragma once

#include "bgpd-lite/daemon.h"

enum options_mode {
	OPTIONS_RUN,
	OPTIONS_CHECK,
	OPTIONS_HELP_CONFIG,
	OPTIONS_DONE,  /* --help, --version: printed */
	OPTIONS_ERROR, /* told on stderr; exit 64 */
};

enum {
	OPTIONS_CONF_DIRS_MAX = 16,
	OPTIONS_INTERFACES_MAX = 256,
};

/* out's strings are borrowed from argv or static. *topic: the argument of --help-config, or NULL.
 */
enum options_mode options_parse(
	int argc, char **argv, struct daemon_options *out, const char **topic);
