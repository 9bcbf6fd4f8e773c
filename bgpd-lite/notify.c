#include "bgpd-lite/notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	SEND_WAIT_US = 200000,
	MESSAGE_MAX = 512,
};

void notify_open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	const struct timeval wait = {.tv_usec = SEND_WAIT_US};

	*n = (struct notify){.fd = -1, .to = {.sun_family = AF_UNIX}};
	if (len < 2 || len >= sizeof(n->to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(n->to.sun_path, path, len);
	if (path[0] == '@') /* the abstract name space */
		n->to.sun_path[0] = 0;
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0)
		setsockopt(n->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

bool notify_send(const struct notify *n, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list ap;

	if (n->fd < 0)
		return false;
	va_start(ap, format);
	int len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (len <= 0 || (size_t)len >= sizeof(text))
		return false;
	return sendto(n->fd, text, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&n->to,
		       n->to_len) == len;
}

static bool number_of(const char *name, uint64_t *out)
{
	const char *text = getenv(name);
	char *end;

	if (!text || !*text)
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == 0;
}

uint64_t notify_watchdog_us(void)
{
	uint64_t us, pid;

	if (!number_of("WATCHDOG_USEC", &us))
		return 0;
	if (number_of("WATCHDOG_PID", &pid) && pid != (uint64_t)getpid())
		return 0;
	return us;
}
