/*
 * The HTTP server of bgpd-lite-exporter: GET /metrics is answered with what `bgpd-litectl metrics`
 * prints. libmicrohttpd parses HTTP. bgpd-lite-exporter, one thread.
 *
 * Limits: SERVER_CONNECTIONS_MAX connections, others wait in the listener's queue; 16 KB of memory
 * each; one request a connection, over in SERVER_LIFE_MS whatever the client does; the daemon is
 * asked at most once in SERVER_FRESH_MS and has SERVER_PATIENCE_S to answer each question.
 */
#pragma once

#include <stdint.h>

enum {
	SERVER_CONNECTIONS_MAX = 16,
	SERVER_IDLE_S = 5,      /* no byte moved that long: closed */
	SERVER_LIFE_MS = 10000, /* of a connection */
	SERVER_FRESH_MS = 1000, /* an answer that young is given again */
	SERVER_PATIENCE_S = 2,
};

struct server;

/* Takes listener (non-blocking) where it returns a server. control_path is borrowed. NULL: no
 * memory or no epoll. */
struct server *server_new(int listener, const char *control_path);
/* Readable when there is something to do. */
int server_fd(const struct server *s);
/* When server_run() is wanted at the latest, in ms from now; -1: not before server_fd() says so. */
int server_timeout_ms(const struct server *s);
/* Serves what there is; blocks only for the daemon's answer. */
void server_run(struct server *s);
void server_free(struct server *s);
