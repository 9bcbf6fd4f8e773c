/*
 * bgpd-lite-exporter: the daemon's metrics over HTTP, for Prometheus. It holds no privilege: what
 * it may read is what the control socket gives to everybody of its group.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bgpd-lite/exporter/server.h"
#include "lib/addr.h"

enum {
	EXIT_USAGE = 64,
	BACKLOG = 16,
};

#define LISTEN "127.0.0.1:19179"

static int help(void)
{
	return printf("bgpd-lite-exporter [--run-dir DIR] [--listen ADDRESS:PORT]\n"
		      "Answers GET /metrics with what `bgpd-litectl metrics` prints.\n\n"
		      "  --run-dir DIR           where the daemon's socket `control` is "
		      "(/run/bgpd-lite)\n"
		      "  --listen ADDRESS:PORT   [ADDRESS]:PORT for IPv6 (" LISTEN ")\n"
		      "  --help, --version\n\n"
		      "Exit codes: 0 ended by SIGTERM or SIGINT, 1 it cannot listen, 64 usage\n") <
	       0;
}

/* "192.0.2.1:80", "[2001:db8::1]:80" */
static bool parse_listen(const char *text, struct addr *a, uint16_t *port)
{
	char address[ADDR_TEXT_MAX], *end;
	const char *colon = strrchr(text, ':');
	bool bracket = text[0] == '[';

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return false;
	unsigned long n = strtoul(colon + 1, &end, 10);
	int len = (int)(colon - text) - (bracket ? 2 : 0);
	if (*end || n == 0 || n > UINT16_MAX || len <= 0 || (size_t)len >= sizeof(address) ||
		(bracket && colon[-1] != ']'))
		return false;
	snprintf(address, sizeof(address), "%.*s", len, text + bracket);
	*port = (uint16_t)n;
	return addr_parse(address, a) && bracket == (a->family == ADDR_V6);
}

static int bind_to(int fd, struct addr a, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v4 = a.family == ADDR_V4;

	memcpy(is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, a.b, addr_bytes(a.family));
	return bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		is_v4 ? sizeof(v4) : sizeof(v6));
}

static int open_listener(struct addr a, uint16_t port)
{
	static const int one = 1;
	int fd = socket(addr_family_af(a.family), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind_to(fd, a, port) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	return -error;
}

static int signals_fd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until a signal. */
static int serve(int listener, const char *control_path)
{
	struct server *s = server_new(listener, control_path);
	struct pollfd wait[2] = {{.fd = signals_fd(), .events = POLLIN}, {.events = POLLIN}};

	if (!s || wait[0].fd < 0) {
		fprintf(stderr, "bgpd-lite-exporter: cannot start: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	wait[1].fd = server_fd(s);
	for (;;) {
		int n = poll(wait, 2, server_timeout_ms(s));
		if (n < 0 && errno != EINTR)
			break;
		if (n > 0 && wait[0].revents)
			break;
		server_run(s);
	}
	server_free(s);
	close(wait[0].fd);
	return EXIT_SUCCESS;
}

static int usage_error(const char *why, const char *what)
{
	fprintf(stderr, "bgpd-lite-exporter: %s '%s'\nSee bgpd-lite-exporter --help\n", why, what);
	return EXIT_USAGE;
}

static int run(const char *run_dir, const char *where)
{
	char path[4096];
	struct addr a;
	uint16_t port;

	if (!parse_listen(where, &a, &port))
		return usage_error("no ADDRESS:PORT:", where);
	int listener = open_listener(a, port);
	if (listener < 0) {
		fprintf(stderr, "bgpd-lite-exporter: cannot listen on %s: %s\n", where,
			strerror(-listener));
		return EXIT_FAILURE;
	}
	snprintf(path, sizeof(path), "%s/control", run_dir);
	return serve(listener, path);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"run-dir", required_argument, NULL, 'r'},
		{"listen", required_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'}, {0}};
	const char *run_dir = "/run/bgpd-lite", *where = LISTEN;
	int option;

	while ((option = getopt_long(argc, argv, "r:l:hv", options, NULL)) != -1) {
		if (option == 'r')
			run_dir = optarg;
		else if (option == 'l')
			where = optarg;
		else if (option == 'h')
			return help();
		else if (option == 'v')
			return printf("bgpd-lite-exporter %s\n", PROJECT_VERSION) < 0;
		else
			return EXIT_USAGE;
	}
	return optind < argc ? usage_error("unknown argument", argv[optind]) : run(run_dir, where);
}
