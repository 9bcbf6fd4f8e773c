#include "bgpd-lite/ctl/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "bgpd-lite/ctl/client_conn.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	CONTROL_CLIENTS_MAX = 32,
	CONTROL_BACKLOG = 64,
	CONTROL_SWEEP_S = 5,
	CONTROL_QUIET_MS = 60000, /* no byte moved that long: closed */
	CONTROL_EVICT_MS = 1000,  /* all places taken: an idle client so old makes room */
};

struct control {
	struct daemon *d;
	int fd;
	struct sockaddr_un address;
	struct stat file; /* what we made; removed only while it is still this */
	struct ev_io acceptable;
	struct ev_timer sweep;
	struct client *clients[CONTROL_CLIENTS_MAX];
	size_t clients_n;
	struct log_limit full_limit;
};

static void forget_client(void *arg, struct client *gone)
{
	struct control *c = arg;
	for (size_t i = 0; i < c->clients_n; i++)
		if (c->clients[i] == gone) {
			c->clients[i] = c->clients[--c->clients_n];
			return;
		}
}

static void drop_client(struct control *c, struct client *client)
{
	forget_client(c, client);
	client_free(client);
}

/* ---- who is there ---- */

static void on_sweep(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct control *c = w->data;
	uint64_t now = clock_ms();

	for (size_t i = c->clients_n; i-- > 0;)
		if (now - c->clients[i]->moved_ms >= CONTROL_QUIET_MS)
			drop_client(c, c->clients[i]);
	ev_io_start(loop, &c->acceptable); /* it may have run out of file descriptors */
}

static bool make_place(struct control *c)
{
	uint64_t now = clock_ms();
	struct client *oldest = NULL;

	if (c->clients_n < CONTROL_CLIENTS_MAX)
		return true;
	for (size_t i = 0; i < c->clients_n; i++)
		if (client_is_idle(c->clients[i]) &&
			(!oldest || c->clients[i]->moved_ms < oldest->moved_ms))
			oldest = c->clients[i];
	if (!oldest || now - oldest->moved_ms < CONTROL_EVICT_MS)
		return false;
	drop_client(c, oldest);
	return true;
}

static bool is_privileged(int fd, uid_t *uid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	*uid = (uid_t)-1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return false;
	*uid = peer.uid;
	return peer.uid == 0 || peer.uid == geteuid();
}

static void admit(struct control *c, int fd)
{
	static const char busy[] = "{\"error\":\"io.bgpd-lite.Busy\",\"parameters\":{}}";
	unsigned suppressed;

	if (!make_place(c)) {
		bool told = send(fd, busy, sizeof(busy), MSG_NOSIGNAL) == sizeof(busy);
		close(fd);
		if (log_allowed(&c->full_limit, 1, 10000, &suppressed))
			log_warn("control client refused reason=\"all %d places are taken\" "
				 "told=%d suppressed=%u",
				CONTROL_CLIENTS_MAX, told, suppressed);
		return;
	}
	uid_t uid;
	bool privileged = is_privileged(fd, &uid);
	struct client *client = client_new(c->d, fd, privileged, uid, forget_client, c);
	if (client)
		c->clients[c->clients_n++] = client;
}

static void on_acceptable(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct control *c = w->data;
	int fd = accept4(c->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		admit(c, fd);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		/* Until the next sweep, so that a full table of files does not make the loop spin.
		 */
		ev_io_stop(loop, w);
}

/* ---- the socket ---- */

static int bind_socket(int fd, const struct sockaddr_un *a)
{
	mode_t old = umask(0117); /* 0660 from its first moment */
	int result = bind(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 ? -errno : 0;
	umask(old);
	return result;
}

/* Is the socket file that is there the leftover of a daemon that died? */
static bool is_leftover(const struct sockaddr_un *a)
{
	struct stat st;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	bool refused = connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 &&
		       (errno == ECONNREFUSED || errno == ENOENT);
	close(fd);
	return refused && (lstat(a->sun_path, &st) < 0 || S_ISSOCK(st.st_mode));
}

static int open_socket(struct control *c)
{
	int result;

	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	result = bind_socket(c->fd, &c->address);
	if (result == -EADDRINUSE && is_leftover(&c->address)) {
		unlink(c->address.sun_path);
		result = bind_socket(c->fd, &c->address);
	}
	if (result == 0 &&
		(listen(c->fd, CONTROL_BACKLOG) < 0 || lstat(c->address.sun_path, &c->file) < 0))
		result = -errno;
	if (result < 0) {
		close(c->fd);
		c->fd = -1;
	}
	return result;
}

static bool set_path(struct control *c, const char *run_dir)
{
	c->address.sun_family = AF_UNIX;
	int n = snprintf(c->address.sun_path, sizeof(c->address.sun_path), "%s/control", run_dir);
	return n > 0 && (size_t)n < sizeof(c->address.sun_path);
}

struct control *control_new(struct daemon *d)
{
	struct control *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->d = d;
	int result = set_path(c, d->options.run_dir) ? open_socket(c) : -ENAMETOOLONG;
	if (result < 0) {
		log_warn("no control socket path=%s/control reason=\"%s\"", d->options.run_dir,
			result == -EADDRINUSE ? "another daemon answers there" : strerror(-result));
		free(c);
		return NULL;
	}
	ev_io_init(&c->acceptable, on_acceptable, c->fd, EV_READ);
	ev_timer_init(&c->sweep, on_sweep, CONTROL_SWEEP_S, CONTROL_SWEEP_S);
	c->acceptable.data = c->sweep.data = c;
	ev_io_start(d->loop, &c->acceptable);
	ev_timer_start(d->loop, &c->sweep);
	return c;
}

static void remove_file(const struct control *c)
{
	struct stat now;
	if (lstat(c->address.sun_path, &now) == 0 && now.st_ino == c->file.st_ino &&
		now.st_dev == c->file.st_dev)
		unlink(c->address.sun_path);
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (size_t i = c->clients_n; i-- > 0;)
		client_wake(c->clients[i]); /* those that watch hear the last events */
	while (c->clients_n)
		drop_client(c, c->clients[0]);
	ev_io_stop(c->d->loop, &c->acceptable);
	ev_timer_stop(c->d->loop, &c->sweep);
	remove_file(c);
	close(c->fd);
	free(c);
}

size_t control_bytes(const struct control *c, size_t *clients_n)
{
	size_t n = c ? sizeof(*c) : 0;

	*clients_n = c ? c->clients_n : 0;
	for (size_t i = 0; i < *clients_n; i++)
		n += sizeof(*c->clients[i]) + c->clients[i]->in.capacity +
		     c->clients[i]->out.capacity;
	return n;
}
