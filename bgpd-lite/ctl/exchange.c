#include "bgpd-lite/ctl/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "bgpd-lite/ctl/frame.h"

enum {
	EXCHANGE_REPLY_MAX = 1024 * 1024, /* the daemon keeps to 256 KB */
};

static unsigned patience_s = 30;

void exchange_set_patience(unsigned seconds)
{
	patience_s = seconds;
}

static enum exchange_result fail(
	enum exchange_result result, const char *text, char *why, size_t capacity)
{
	snprintf(why, capacity, "%s", text);
	return result;
}

static enum exchange_result open_socket(const char *path, int *out, char *why, size_t capacity)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = patience_s};

	if (strlen(path) >= sizeof(a.sun_path))
		return fail(EXCHANGE_NO_DAEMON, "the path is too long for a socket", why, capacity);
	strcpy(a.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(EXCHANGE_BROKEN, strerror(errno), why, capacity);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0) {
		int error = errno;
		close(fd);
		return fail(error == EACCES || error == EPERM ? EXCHANGE_DENIED
			    : error == EAGAIN                 ? EXCHANGE_BROKEN
							      : EXCHANGE_NO_DAEMON,
			strerror(error), why, capacity);
	}
	*out = fd;
	return EXCHANGE_DONE;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool send_request(int fd, const char *method, json_t *parameters)
{
	json_t *request =
		json_pack("{s:s, s:O, s:b}", "method", method, "parameters", parameters, "more", 1);
	char *text = json_dumps(request, JSON_COMPACT);
	bool sent = text && send_all(fd, text, strlen(text) + 1);

	free(text);
	json_decref(request);
	return sent;
}

/* `top` stands before the parameters. False: the list is not among them. */
static bool take_list(struct scan *top, const struct exchange_taker *taker)
{
	struct scan parameters = scan_object(top->rest);
	struct span key, value;
	bool found = false;

	while (scan_key(&parameters, &key)) {
		if (!scan_is(key, taker->list)) {
			scan_value(&parameters, &value);
			continue;
		}
		struct scan list = scan_array(parameters.rest);
		taker->items(taker->arg, &list);
		scan_leave(&parameters, &list);
		found = true;
	}
	scan_leave(top, &parameters);
	return found;
}

/* A reply that has the list, in one go over its text. */
static bool take_items(struct span whole, const struct exchange_taker *taker, bool *last)
{
	struct scan top = scan_object(whole);
	struct span key, value;
	bool found = false, continues = false;

	while (scan_key(&top, &key)) {
		if (scan_is(key, "parameters"))
			found = take_list(&top, taker) || found;
		else if (scan_value(&top, &value) && scan_is(key, "continues"))
			continues = scan_is(value, "true");
	}
	*last = !continues;
	return found && !top.bad;
}

/* One message of the daemon. False: it is not one; *last: no other will follow. */
static bool take_message(
	const char *text, size_t len, const struct exchange_taker *taker, bool *last)
{
	if (taker->list && take_items((struct span){text, len}, taker, last))
		return true;
	json_t *root = json_loadb(text, len, 0, NULL);
	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	*last = !json_is_true(json_object_get(root, "continues"));
	taker->reply(taker->arg, root);
	json_decref(root);
	return true;
}

static enum exchange_result receive(
	int fd, struct frame *f, const struct exchange_taker *taker, char *why, size_t capacity)
{
	const char *text;
	size_t len, room;
	bool last = false;

	for (;;) {
		enum frame_state s = frame_next(f, &text, &len);
		if (s == FRAME_TOO_LONG ||
			(s == FRAME_WHOLE && !take_message(text, len, taker, &last)))
			return fail(EXCHANGE_BROKEN, "the answer is not understood", why, capacity);
		if (last)
			return EXCHANGE_DONE;
		if (s == FRAME_WHOLE)
			continue;
		char *p = frame_room(f, &room);
		ssize_t n = recv(fd, p, room, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(EXCHANGE_BROKEN,
				n == 0            ? "the daemon closed the connection"
				: errno == EAGAIN ? "no answer in time"
						  : strerror(errno),
				why, capacity);
		frame_filled(f, (size_t)n);
	}
}

enum exchange_result exchange(const char *path, const char *method, json_t *parameters,
	const struct exchange_taker *taker, char *why, size_t why_capacity)
{
	struct frame f;
	int fd;
	enum exchange_result result = open_socket(path, &fd, why, why_capacity);

	if (result != EXCHANGE_DONE)
		return result;
	char *buffer = malloc(EXCHANGE_REPLY_MAX);
	if (!buffer) {
		close(fd);
		return fail(EXCHANGE_BROKEN, strerror(ENOMEM), why, why_capacity);
	}
	frame_init(&f, buffer, EXCHANGE_REPLY_MAX);
	/* A daemon that is full answers and closes before it reads: what it said counts. */
	bool sent = send_request(fd, method, parameters);
	result = receive(fd, &f, taker, why, why_capacity);
	if (!sent && result != EXCHANGE_DONE)
		fail(result, "the daemon closed the connection", why, why_capacity);
	free(buffer);
	close(fd);
	return result;
}
