#include "rib/fib/transport.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
	SEND_BUFFER = 4 << 20,
	ANSWER_S = 10, /* no dump pauses as long; without it a lost one would hang us */
};

struct transport {
	struct nl_sock *socket;
	int fd;
};

static void set_options(int fd, int bytes)
{
	/* Beyond the host's limit with CAP_NET_ADMIN, else up to it. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	struct timeval patience = {.tv_sec = ANSWER_S};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	bytes = SEND_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

static int connect_socket(struct transport *t, int receive_bytes)
{
	static const int option[] = {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK};
	int one = 1;

	errno = 0;
	if (nl_connect(t->socket, NETLINK_ROUTE) < 0)
		return errno ? -errno : -EPROTO;
	t->fd = nl_socket_get_fd(t->socket);
	set_options(t->fd, receive_bytes);
	for (size_t i = 0; i < sizeof(option) / sizeof(option[0]); i++)
		if (setsockopt(t->fd, SOL_NETLINK, option[i], &one, sizeof(one)) < 0)
			return -errno;
	return 0;
}

int transport_open(struct transport **out, int receive_bytes)
{
	struct transport *t = malloc(sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->socket = nl_socket_alloc();
	int error = t->socket ? connect_socket(t, receive_bytes) : -ENOMEM;
	if (error)
		transport_close(t);
	else
		*out = t;
	return error;
}

void transport_close(struct transport *t)
{
	if (!t)
		return;
	nl_socket_free(t->socket);
	free(t);
}

int transport_fd(const struct transport *t)
{
	return t->fd;
}

uint32_t transport_port(const struct transport *t)
{
	return nl_socket_get_local_port(t->socket);
}

int transport_join(struct transport *t, int group)
{
	errno = 0;
	if (nl_socket_add_membership(t->socket, group) < 0)
		return errno ? -errno : -EPROTO;
	return 0;
}

int transport_filter(struct transport *t, const struct sock_filter *code, size_t n)
{
	struct sock_fprog program = {(unsigned short)n, (struct sock_filter *)code};
	return setsockopt(t->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0
		       ? -errno
		       : 0;
}

int transport_send(struct transport *t, const void *bytes, size_t len)
{
	return send(t->fd, bytes, len, 0) < 0 ? -errno : 0;
}

ssize_t transport_recv(struct transport *t, void *bytes, size_t capacity, bool wait)
{
	ssize_t n = recv(t->fd, bytes, capacity, MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT));
	if (n < 0)
		return -errno;
	return (size_t)n > capacity ? -EMSGSIZE : n;
}
