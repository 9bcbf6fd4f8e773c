#include "bgpd-lite/exporter/server.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bgpd-lite/ctl/own.h"

struct connection {
	int fd;
	uint64_t since_ms;
};

struct server {
	struct MHD_Daemon *http;
	const char *control_path;
	struct connection connections[SERVER_CONNECTIONS_MAX];
	size_t connections_n;
	struct MHD_Response *page; /* the last answer; NULL: none */
	uint64_t page_ms;
	struct MHD_Response *not_found, *not_allowed;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- pages ---- */

/* Takes text, which is malloc's. */
static struct MHD_Response *page_new(char *text, size_t len, const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);

	if (!r) {
		free(text);
		return NULL;
	}
	if (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES &&
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES)
		return r;
	MHD_destroy_response(r);
	return NULL;
}

static struct MHD_Response *short_page(const char *text)
{
	char *copy = strdup(text);

	return copy ? page_new(copy, strlen(copy), "text/plain; charset=utf-8") : NULL;
}

static struct MHD_Response *metrics_page(const struct server *s)
{
	struct text t = {0};

	metrics_text(s->control_path, &t); /* bgpd_lite_up says whether the daemon answered */
	if (t.err || !t.s) {
		text_free(&t);
		return NULL;
	}
	return page_new(t.s, t.len, "text/plain; version=0.0.4; charset=utf-8");
}

static struct MHD_Response *fresh_page(struct server *s)
{
	uint64_t now = now_ms();

	if (s->page && now - s->page_ms < SERVER_FRESH_MS)
		return s->page;
	if (s->page)
		MHD_destroy_response(s->page); /* who still reads it keeps it */
	s->page = metrics_page(s);
	s->page_ms = now_ms();
	return s->page;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *upload, size_t *upload_len,
	void **request)
{
	struct server *s = arg;
	bool get = strcmp(method, MHD_HTTP_METHOD_GET) == 0;
	struct MHD_Response *r;

	if (!get && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return MHD_queue_response(c, MHD_HTTP_METHOD_NOT_ALLOWED, s->not_allowed);
	if (strcmp(url, "/metrics") != 0)
		return MHD_queue_response(c, MHD_HTTP_NOT_FOUND, s->not_found);
	r = fresh_page(s);
	return r ? MHD_queue_response(c, MHD_HTTP_OK, r) : MHD_NO;
}

/* ---- connections ---- */

static void on_connection(void *arg, struct MHD_Connection *c, void **context,
	enum MHD_ConnectionNotificationCode what)
{
	struct server *s = arg;
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	size_t i = 0;

	if (!info)
		return;
	while (i < s->connections_n && s->connections[i].fd != info->connect_fd)
		i++;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED && i < s->connections_n)
		s->connections[i] = s->connections[--s->connections_n];
	else if (what == MHD_CONNECTION_NOTIFY_STARTED && i < SERVER_CONNECTIONS_MAX) {
		s->connections[i] = (struct connection){info->connect_fd, now_ms()};
		s->connections_n = i == s->connections_n ? i + 1 : s->connections_n;
	}
}

/* A connection that is too old reads and writes nothing more; libmicrohttpd then closes it. */
static void end_old(struct server *s)
{
	uint64_t now = now_ms();

	for (size_t i = 0; i < s->connections_n; i++)
		if (now - s->connections[i].since_ms >= SERVER_LIFE_MS)
			shutdown(s->connections[i].fd, SHUT_RDWR);
}

/* ---- the server ---- */

static bool start(struct server *s, int listener)
{
	s->http = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16 * 1024,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
	return s->http != NULL;
}

struct server *server_new(int listener, const char *control_path)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	exchange_set_patience(SERVER_PATIENCE_S);
	s->control_path = control_path;
	s->not_found = short_page("There is nothing but /metrics.\n");
	s->not_allowed = short_page("GET is wanted.\n");
	if (s->not_found && s->not_allowed && start(s, listener))
		return s;
	server_free(s);
	return NULL;
}

int server_fd(const struct server *s)
{
	return MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

int server_timeout_ms(const struct server *s)
{
	uint64_t now = now_ms(), left = UINT64_MAX;
	MHD_UNSIGNED_LONG_LONG idle;

	if (MHD_get_timeout(s->http, &idle) == MHD_YES)
		left = idle;
	for (size_t i = 0; i < s->connections_n; i++) {
		uint64_t age = now - s->connections[i].since_ms;
		uint64_t life = age < SERVER_LIFE_MS ? SERVER_LIFE_MS - age : 0;
		left = life < left ? life : left;
	}
	return left == UINT64_MAX ? -1 : left > 60000 ? 60000 : (int)left;
}

void server_run(struct server *s)
{
	end_old(s);
	MHD_run(s->http);
}

void server_free(struct server *s)
{
	if (s->http)
		MHD_stop_daemon(s->http);
	if (s->page)
		MHD_destroy_response(s->page);
	if (s->not_found)
		MHD_destroy_response(s->not_found);
	if (s->not_allowed)
		MHD_destroy_response(s->not_allowed);
	free(s);
}
