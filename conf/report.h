/*
 * What is wrong with one text, collected while it is read and checked. Pure.
 */
#pragma once

#include <stddef.h>

#include "conf/arena.h"
#include "conf/conf.h"

enum {
	CONF_REPORT_MAX = 100, /* errors of one text that are kept; then one line says so */
};

struct conf_report {
	struct conf_arena *arena;
	const char *file; /* of the text, for origins */
	const char *contributor;
	size_t messages_n;
	struct conf_message *messages;
	size_t errors_n;
};

void conf_report_error(struct conf_report *r, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void conf_report_warning(struct conf_report *r, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Forgets what was reported after the first n messages. */
void conf_report_cut(struct conf_report *r, size_t n);
