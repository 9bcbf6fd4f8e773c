#include "lib/log.h"
#include "lib/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *log_process = "bgpd-lite";
static enum log_level log_max = LOG_LEVEL_INFO;
static bool log_journal;

void log_init(const char *process, enum log_level level)
{
	log_process = process;
	log_max = level;
	log_journal = getenv("JOURNAL_STREAM") != NULL;
}

static const char *level_word(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERR:
		return "error: ";
	case LOG_LEVEL_WARN:
		return "warning: ";
	case LOG_LEVEL_INFO:
		return "";
	case LOG_LEVEL_DEBUG:
		return "debug: ";
	}
	return "";
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	size_t n;
	va_list ap;

	if (level > log_max)
		return;
	int len = log_journal
			  ? snprintf(line, sizeof(line), "<%d>%s: ", (int)level, log_process)
			  : snprintf(line, sizeof(line), "%s: %s", log_process, level_word(level));
	n = len > 0 ? (size_t)len : 0;
	va_start(ap, format);
	len = vsnprintf(line + n, sizeof(line) - n - 1, format, ap);
	va_end(ap);
	n += len > 0 ? (size_t)len : 0;
	if (n > sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	/* One write a line; a log that takes nothing must not stop routing. */
	if (write(STDERR_FILENO, line, n) < 0)
		return;
}

bool log_allowed(struct log_limit *l, unsigned burst, unsigned interval_ms, unsigned *suppressed)
{
	uint64_t now = clock_ms();
	if (l->window_start_ms == 0 || now - l->window_start_ms >= interval_ms) {
		l->window_start_ms = now;
		l->used = 0;
	}
	if (l->used >= burst) {
		l->suppressed++;
		return false;
	}
	l->used++;
	*suppressed = l->suppressed;
	l->suppressed = 0;
	return true;
}

const char *log_escape(const void *bytes, size_t len, char *out, size_t capacity)
{
	const uint8_t *p = bytes;
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		bool plain = p[i] >= 0x20 && p[i] < 0x7f && p[i] != '\\' && p[i] != '"';
		size_t need = plain ? 1 : 4;
		if (n + need + 1 > capacity)
			break;
		if (plain)
			out[n] = (char)p[i];
		else
			snprintf(out + n, 5, "\\x%02x", p[i]);
		n += need;
	}
	if (capacity)
		out[n] = 0;
	return out;
}
