#include "bgpd-lite/last_exit.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"

static void write_line(const char *state_dir, const char *before, const char *after)
{
	char path[512], line[512], when[32];
	time_t now = (time_t)(clock_realtime_ns() / 1000000000);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	int n = snprintf(line, sizeof(line), "%s %s%s\n", before, when, after);
	snprintf(path, sizeof(path), "%s/last-exit", state_dir);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return;
	if (write(fd, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1) < 0)
		unlink(path); /* no line is better than half of one */
	close(fd);
}

void last_exit_started(const char *state_dir)
{
	write_line(state_dir, "started", " and left no word of its end: killed, or it crashed");
}

void last_exit_ended(const char *state_dir, int exit_code, const char *why)
{
	char text[256];
	snprintf(text, sizeof(text), ", exit code %d%s%s", exit_code, why[0] ? ": " : "", why);
	write_line(state_dir, "ended", text);
}
