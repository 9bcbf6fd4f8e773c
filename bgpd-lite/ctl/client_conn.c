#include "bgpd-lite/ctl/client_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

static struct log_limit bad_request_limit;

static void close_client(struct client *c)
{
	c->closed(c->arg, c);
	client_free(c);
}

static size_t unsent(const struct client *c)
{
	return c->out.len - c->sent;
}

static void compact(struct client *c)
{
	text_drop(&c->out, c->sent);
	c->sent = 0;
	if (c->out.len == 0)
		text_free(&c->out);
}

/* False: the client is gone. */
static bool flush(struct client *c)
{
	while (unsent(c)) {
		ssize_t n = send(c->fd, c->out.s + c->sent, unsent(c), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0)
			return false;
		c->sent += (size_t)n;
		c->moved_ms = clock_ms();
	}
	compact(c);
	return true;
}

static void refuse(struct client *c, const char *why)
{
	unsigned suppressed;

	if (log_allowed(&bad_request_limit, 1, 10000, &suppressed))
		log_warn("control request refused reason=\"%s\" suppressed=%u", why, suppressed);
	text_addf(&c->out,
		"{\"error\":\"io.bgpd-lite.BadRequest\",\"parameters\":{\"reason\":\"%s\"}}", why);
	text_add(&c->out, "", 1);
	c->ending = true;
}

static void begin(struct client *c, const char *text, size_t len)
{
	struct request r;
	const char *why = request_parse(text, len, &r);

	if (why)
		refuse(c, why);
	else
		call_begin(&c->call, &r);
}

/* Room for a longer request of one who may carry files. */
static bool grow(struct client *c)
{
	size_t capacity = 4 * c->in.capacity;
	if (!c->call.privileged || capacity > CLIENT_REQUEST_PRIVILEGED_MAX)
		return false;
	char *buffer = realloc(c->buffer, capacity);
	if (!buffer)
		return false;
	c->buffer = c->in.bytes = buffer;
	c->in.capacity = capacity;
	return true;
}

/* One slice: of the call, or the next request. CALL_DONE: nothing is to be done. */
static enum call_progress slice(struct client *c)
{
	const char *text;
	size_t len;

	if (c->ending)
		return CALL_DONE;
	if (!c->call.method) {
		switch (frame_next(&c->in, &text, &len)) {
		case FRAME_PARTIAL:
			return CALL_DONE;
		case FRAME_TOO_LONG:
			if (grow(c))
				return CALL_DONE;
			refuse(c, c->call.privileged ? "it is longer than 4194303 bytes"
						     : "it is longer than 65535 bytes");
			return CALL_DONE;
		case FRAME_WHOLE:
			begin(c, text, len);
			break;
		}
	}
	if (!c->call.method)
		return CALL_DONE;
	enum call_progress p = call_run(&c->call);
	return p == CALL_DONE ? CALL_MORE : p;
}

static void watch(struct client *c, enum call_progress p)
{
	struct ev_loop *loop = c->d->loop;
	bool full = unsent(c) > CLIENT_OUT_HIGH;

	if (unsent(c))
		ev_io_start(loop, &c->writable);
	else
		ev_io_stop(loop, &c->writable);
	ev_idle_stop(loop, &c->work);
	ev_timer_stop(loop, &c->wait);
	if (p == CALL_DONE && !c->ending && !full)
		ev_io_start(loop, &c->readable);
	else
		ev_io_stop(loop, &c->readable);
	c->sleeps = p == CALL_SLEEP;
	if (p == CALL_WAIT || (c->sleeps && !full)) {
		ev_timer_set(&c->wait, (c->sleeps ? CALL_SLEEP_MS : CALL_WAIT_MS) / 1000., 0.);
		ev_timer_start(loop, &c->wait);
	} else if (p == CALL_MORE && !full) {
		ev_idle_start(loop, &c->work);
	}
}

/* Serves a slice where the client has room for the answer, sends, and waits for what comes next. */
static void go_on(struct client *c)
{
	enum call_progress p = CALL_MORE;

	if (unsent(c) <= CLIENT_OUT_HIGH)
		p = slice(c);
	if (c->out.err || unsent(c) > CLIENT_OUT_MAX || !flush(c) || (c->ending && !unsent(c)))
		close_client(c);
	else
		watch(c, p);
}

static void on_work(struct ev_loop *loop, struct ev_idle *w, int events)
{
	go_on(w->data);
}

/* Nothing is read while a call runs: a client that goes shows only so. */
static bool has_gone(const struct client *c)
{
	char byte;

	return c->sleeps && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void on_wait(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct client *c = w->data;

	if (has_gone(c))
		close_client(c);
	else
		go_on(c);
}

static void on_writable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct client *c = w->data;

	if (!flush(c))
		close_client(c);
	else if (!ev_is_active(&c->work) && !ev_is_active(&c->wait))
		go_on(c);
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct client *c = w->data;
	size_t room;
	char *p = frame_room(&c->in, &room);
	ssize_t n = room ? recv(c->fd, p, room, 0) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0) {
		close_client(c);
		return;
	}
	c->moved_ms = clock_ms();
	frame_filled(&c->in, (size_t)n);
	go_on(c);
}

struct client *client_new(struct daemon *d, int fd, bool privileged, uid_t uid,
	void (*closed)(void *arg, struct client *c), void *arg)
{
	struct client *c = calloc(1, sizeof(*c));
	char *buffer = malloc(CLIENT_REQUEST_MAX);
	if (!c || !buffer) {
		free(c);
		free(buffer);
		close(fd);
		return NULL;
	}
	c->buffer = buffer;
	c->d = d;
	c->fd = fd;
	c->closed = closed;
	c->arg = arg;
	c->moved_ms = clock_ms();
	c->call.d = d;
	c->call.privileged = privileged;
	c->call.uid = uid;
	c->call.out = &c->out;
	frame_init(&c->in, buffer, CLIENT_REQUEST_MAX);
	ev_io_init(&c->readable, on_readable, fd, EV_READ);
	ev_io_init(&c->writable, on_writable, fd, EV_WRITE);
	ev_idle_init(&c->work, on_work);
	ev_set_priority(&c->work, EV_MAXPRI); /* a busy loop must not starve it */
	ev_timer_init(&c->wait, on_wait, 0., 0.);
	c->readable.data = c->writable.data = c->work.data = c->wait.data = c;
	ev_io_start(d->loop, &c->readable);
	return c;
}

void client_free(struct client *c)
{
	ev_io_stop(c->d->loop, &c->readable);
	ev_io_stop(c->d->loop, &c->writable);
	ev_idle_stop(c->d->loop, &c->work);
	ev_timer_stop(c->d->loop, &c->wait);
	call_end(&c->call);
	text_free(&c->out);
	free(c->buffer);
	close(c->fd);
	free(c);
}

void client_wake(struct client *c)
{
	if (c->sleeps)
		go_on(c);
}

bool client_is_idle(const struct client *c)
{
	return !c->call.method && unsent(c) == 0;
}
