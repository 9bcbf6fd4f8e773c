/*
 * A line of the log as an entry of systemd's journal, in its native protocol: fields NAME=value, a
 * line each. Every process; pure.
 *
 * Written here and not taken from libsystemd, for it is these few lines: the format is documented
 * (systemd.io/JOURNAL_NATIVE_PROTOCOL), and no process gains a library.
 */
#pragma once

#include <stddef.h>

#include "lib/log_id.h"

enum {
	JOURNAL_ENTRY_MAX = 2048, /* bytes; a line of the log fits with its fields */
};

/* The line "event key=value key="a value"" of that process, priority as in syslog(3). Beside
 * MESSAGE, PRIORITY, MESSAGE_ID and SYSLOG_IDENTIFIER the entry has BGPD_LITE_PROCESS and, of the
 * first key of its kind, BGPD_LITE_PEER (neighbor or peer), BGPD_LITE_VRF (vrf, or neighbor's), and
 * BGPD_LITE_PREFIX (prefix). Returns the length; a field that does not fit is left out. */
size_t journal_encode(const char *process, int priority, enum log_id id, const char *line,
	char out[JOURNAL_ENTRY_MAX]);
