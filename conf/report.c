#include "conf/report.h"

static void add(struct conf_report *r, unsigned line, bool error, const char *text)
{
	struct conf_message *m = CONF_PUSH(r->arena, r->messages, r->messages_n);
	*m = (struct conf_message){.origin = {.file = r->file, .line = line},
		.contributor = r->contributor,
		.error = error,
		.text = text};
}

void conf_report_error(struct conf_report *r, unsigned line, const char *format, ...)
{
	va_list args;
	if (++r->errors_n > CONF_REPORT_MAX) {
		if (r->errors_n == CONF_REPORT_MAX + 1)
			add(r, line, true, "more errors follow that are not listed");
		return;
	}
	va_start(args, format);
	add(r, line, true, conf_arena_vformat(r->arena, format, args));
	va_end(args);
}

void conf_report_warning(struct conf_report *r, unsigned line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(r, line, false, conf_arena_vformat(r->arena, format, args));
	va_end(args);
}

void conf_report_cut(struct conf_report *r, size_t n)
{
	if (n >= r->messages_n)
		return;
	struct conf_message *all = r->messages;
	r->messages = NULL;
	r->messages_n = 0;
	r->errors_n = 0;
	for (size_t i = 0; i < n; i++) {
		*CONF_PUSH(r->arena, r->messages, r->messages_n) = all[i];
		r->errors_n += all[i].error;
	}
}
