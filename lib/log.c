#include "lib/log.h"
#include "lib/clock.h"
#include "lib/journal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LINE_MAX_LEN = 1024,
};

static const char *log_process = "bgpd-lite";
static enum log_level log_max = LOG_LEVEL_INFO;
static bool log_journal; /* stderr is the journal's */
static int log_fd = -1;  /* a socket to it; -1: none */
static struct sockaddr_un log_to = {.sun_family = AF_UNIX};

/* JOURNAL_STREAM names the file that systemd made stderr; it may have become another since. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void log_init(const char *process, enum log_level level)
{
	log_process = process;
	log_max = level;
	log_journal = stderr_is_journal();
}

void log_native(const char *socket_path)
{
	if (!log_journal || log_fd >= 0 || strlen(socket_path) >= sizeof(log_to.sun_path))
		return;
	strcpy(log_to.sun_path, socket_path);
	log_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
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

/* False: the journal does not take it now. */
static bool put_entry(enum log_level level, enum log_id id, const char *text)
{
	char entry[JOURNAL_ENTRY_MAX];

	if (log_fd < 0)
		return false;
	size_t len = journal_encode(log_process, (int)level, id, text, entry);
	return sendto(log_fd, entry, len, MSG_NOSIGNAL | MSG_DONTWAIT,
		       (const struct sockaddr *)&log_to, sizeof(log_to)) == (ssize_t)len;
}

static void put_line(enum log_level level, const char *text)
{
	char line[LINE_MAX_LEN + 64];
	int len = log_journal ? snprintf(line, sizeof(line), "<%d>%s: %s\n", (int)level,
					log_process, text)
			      : snprintf(line, sizeof(line), "%s: %s%s\n", log_process,
					level_word(level), text);

	/* One write a line; a log that takes nothing must not stop routing. */
	if (len <= 0 || write(STDERR_FILENO, line, (size_t)len) < 0)
		return;
}

void log_event(enum log_level level, enum log_id id, const char *format, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;

	if (level > log_max)
		return;
	va_start(ap, format);
	int len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (len >= 0 && !put_entry(level, id, text))
		put_line(level, text);
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
