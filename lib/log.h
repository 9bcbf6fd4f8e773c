/*
 * The log: one line an event on stderr, "bgp: event key=value key=value". Every process.
 *
 * err: someone must act. warn: degraded. info: a state changed. debug: off unless asked for.
 * Where stderr is systemd's journal each line begins with its priority as "<N>", and after
 * log_native() it is an entry with fields instead (journal.h). Text from peers goes through
 * log_escape() before it is printed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/log_id.h"

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

enum log_level {
	LOG_LEVEL_ERR = 3,
	LOG_LEVEL_WARN = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Name of this process in each line; level is the most talkative one that is printed. */
void log_init(const char *process, enum log_level level);
/* From here on entries with fields go to that socket, where stderr is the journal. For a process
 * that has started well: the journal finds the unit of a datagram only while its sender lives, so
 * one that ends at once says why on stderr. What the socket does not take goes to stderr. */
void log_native(const char *socket_path);
/* One line "event key=value ..."; id: which main event it is. */
void log_event(enum log_level level, enum log_id id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_line(level, ...) log_event(level, LOG_ID_NONE, __VA_ARGS__)
#define log_err(...)         log_line(LOG_LEVEL_ERR, __VA_ARGS__)
#define log_warn(...)        log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)        log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)       log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

/* For lines that a peer can trigger: at most `burst` lines in `interval_ms`. Returns true where the
 * line may be printed; *suppressed is then the number of lines dropped before it. */
struct log_limit {
	uint64_t window_start_ms;
	unsigned used;
	unsigned suppressed;
};
bool log_allowed(struct log_limit *l, unsigned burst, unsigned interval_ms, unsigned *suppressed);

/* Bytes from outside as printable ASCII, others as \xNN, cut to fit. Returns out. */
const char *log_escape(const void *bytes, size_t len, char *out, size_t capacity);
