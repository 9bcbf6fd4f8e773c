#include "bgpd-lite/tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
/* linux/tcp.h has TCP_MD5SIG; netinet/tcp.h must not come with it. */
#include <linux/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TCP_TOS = 0xc0,
	TCP_PRIORITY = 6,
	TCP_TTL = 255,
	TCP_BACKLOG = 64,
	TCP_DRAIN_MAX = 64,        /* reads of 4 KB before a close */
	TCP_IPV6_MINHOPCOUNT = 73, /* linux/in6.h, which netinet/in.h excludes */
};

static socklen_t end_to_sockaddr(const struct tcp_end *e, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (e->addr.family == ADDR_V4) {
		struct sockaddr_in *s = (struct sockaddr_in *)out;
		s->sin_family = AF_INET;
		s->sin_port = htons(e->port);
		memcpy(&s->sin_addr, e->addr.b, 4);
		return sizeof(*s);
	}
	struct sockaddr_in6 *s = (struct sockaddr_in6 *)out;
	s->sin6_family = AF_INET6;
	s->sin6_port = htons(e->port);
	s->sin6_scope_id = e->scope;
	memcpy(&s->sin6_addr, e->addr.b, 16);
	return sizeof(*s);
}

static void end_from_sockaddr(const struct sockaddr_storage *from, struct tcp_end *out)
{
	*out = (struct tcp_end){0};
	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *s = (const struct sockaddr_in *)from;
		out->addr = addr_from_bytes(ADDR_V4, &s->sin_addr);
		out->port = ntohs(s->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *s = (const struct sockaddr_in6 *)from;
		out->addr = addr_from_bytes(ADDR_V6, &s->sin6_addr);
		out->port = ntohs(s->sin6_port);
		out->scope = s->sin6_scope_id;
	}
}

static int option_set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int common_set(int fd, enum addr_family family)
{
	int err;
	if (family == ADDR_V4) {
		err = option_set(fd, IPPROTO_IP, IP_TTL, TCP_TTL);
		if (!err)
			err = option_set(fd, IPPROTO_IP, IP_TOS, TCP_TOS);
	} else {
		err = option_set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, TCP_TTL);
		if (!err)
			err = option_set(fd, IPPROTO_IPV6, IPV6_TCLASS, TCP_TOS);
	}
	if (!err)
		err = option_set(fd, SOL_SOCKET, SO_PRIORITY, TCP_PRIORITY);
	if (!err)
		err = option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	return err;
}

static int device_bind(int fd, const char *device)
{
	if (!device[0])
		return 0;
	socklen_t len = (socklen_t)strlen(device);
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, len) < 0 ? -errno : 0;
}

static int socket_new(enum addr_family family, const char *device)
{
	int fd = socket(addr_family_af(family), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int err = device_bind(fd, device);
	if (!err)
		err = common_set(fd, family);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int tcp_ttl_min_set(int fd, enum addr_family family, uint8_t ttl_min)
{
	if (family == ADDR_V4)
		return option_set(fd, IPPROTO_IP, IP_MINTTL, ttl_min);
	return option_set(fd, IPPROTO_IPV6, TCP_IPV6_MINHOPCOUNT, ttl_min);
}

int tcp_handshake_ttl(int fd, enum addr_family family, uint8_t *ttl)
{
	const bool v4 = family == ADDR_V4;
	const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	_Alignas(struct cmsghdr) uint8_t control[256];
	socklen_t len = sizeof(control);
	int value;
	int err = option_set(fd, level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
	if (err)
		return err;
	if (getsockopt(fd, level, v4 ? IP_PKTOPTIONS : IPV6_2292PKTOPTIONS, control, &len) < 0)
		return -errno;
	struct msghdr m = {.msg_control = control, .msg_controllen = len};
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level != level || c->cmsg_type != (v4 ? IP_TTL : IPV6_HOPLIMIT))
			continue;
		memcpy(&value, CMSG_DATA(c), sizeof(value));
		*ttl = (uint8_t)value;
		return 0;
	}
	return -ENOENT;
}

int tcp_md5_set(int fd, struct addr addr, const uint8_t *key, uint8_t key_len)
{
	struct tcp_md5sig md5 = {.tcpm_keylen = key_len};
	struct sockaddr_storage to;
	if (key_len > sizeof(md5.tcpm_key))
		return -EINVAL;
	end_to_sockaddr(&(struct tcp_end){.addr = addr}, &to);
	memcpy(&md5.tcpm_addr, &to, sizeof(to));
	if (key_len)
		memcpy(md5.tcpm_key, key, key_len);
	int err = setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &md5, sizeof(md5)) < 0 ? -errno : 0;
	explicit_bzero(&md5, sizeof(md5));
	return err;
}

static int source_bind(int fd, const struct tcp_target *t)
{
	struct sockaddr_storage from;
	if (t->source.family == ADDR_NONE)
		return 0;
	if (t->source.family != t->remote.addr.family)
		return -EAFNOSUPPORT;
	struct tcp_end source = {.addr = t->source};
	source.scope = addr_is_link_local(t->source) ? t->remote.scope : 0;
	socklen_t len = end_to_sockaddr(&source, &from);
	/* The port is chosen at connect(), where it need only be unique together with the peer. */
	int err = option_set(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	if (!err && bind(fd, (struct sockaddr *)&from, len) < 0)
		err = -errno;
	return err;
}

static int connect_prepare(int fd, const struct tcp_target *t, char *step, size_t capacity)
{
	char text[ADDR_TEXT_MAX];
	int err = source_bind(fd, t);
	if (err) {
		snprintf(step, capacity, "bind to %s", addr_text(t->source, text));
		return err;
	}
	if (t->ttl_min) {
		snprintf(step, capacity, "minimum TTL");
		err = tcp_ttl_min_set(fd, t->remote.addr.family, t->ttl_min);
	}
	if (!err && t->key_len) {
		snprintf(step, capacity, "TCP-MD5 key");
		err = tcp_md5_set(fd, t->remote.addr, t->key, t->key_len);
	}
	return err;
}

int tcp_connect(const struct tcp_target *t, int *fd, char *step, size_t step_capacity)
{
	struct sockaddr_storage to;
	snprintf(step, step_capacity, t->device[0] ? "socket on device %s" : "socket%s", t->device);
	int s = socket_new(t->remote.addr.family, t->device);
	if (s < 0)
		return s;
	int err = connect_prepare(s, t, step, step_capacity);
	if (!err) {
		snprintf(step, step_capacity, "connect");
		socklen_t len = end_to_sockaddr(&t->remote, &to);
		if (connect(s, (struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS)
			err = -errno;
	}
	if (err) {
		close(s);
		return err;
	}
	*fd = s;
	return 0;
}

int tcp_connect_result(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return -errno;
	return -err;
}

int tcp_listen(enum addr_family family, const char *device, uint16_t port, int *fd)
{
	struct sockaddr_storage at;
	static const uint8_t any[16];
	int s = socket_new(family, device);
	if (s < 0)
		return s;
	struct tcp_end end = {.addr = addr_from_bytes(family, any), .port = port};
	socklen_t len = end_to_sockaddr(&end, &at);
	int err = option_set(s, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err && family == ADDR_V6)
		err = option_set(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!err && (bind(s, (struct sockaddr *)&at, len) < 0 || listen(s, TCP_BACKLOG) < 0))
		err = -errno;
	if (err) {
		close(s);
		return err;
	}
	*fd = s;
	return 0;
}

int tcp_accepted(int fd, enum addr_family family)
{
	/* Most are inherited from the listener, the priority is not. */
	return common_set(fd, family);
}

int tcp_accept(int listener, int *fd, struct tcp_end *remote)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	int s = accept4(listener, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (s < 0)
		return -errno;
	end_from_sockaddr(&from, remote);
	*fd = s;
	return 0;
}

int tcp_local(int fd, struct tcp_end *out)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	if (getsockname(fd, (struct sockaddr *)&at, &len) < 0)
		return -errno;
	end_from_sockaddr(&at, out);
	return 0;
}

int tcp_remote(int fd, struct tcp_end *out)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);
	if (getpeername(fd, (struct sockaddr *)&at, &len) < 0)
		return -errno;
	end_from_sockaddr(&at, out);
	return 0;
}

/* A UDP socket: connecting it sends nothing. */
int tcp_source(const char *device, struct addr remote, struct addr *out)
{
	struct tcp_end end = {.addr = remote, .port = 179};
	struct sockaddr_storage to;
	socklen_t len = end_to_sockaddr(&end, &to);
	int fd = socket(
		addr_family_af((enum addr_family)remote.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int err = device_bind(fd, device);
	if (!err && connect(fd, (struct sockaddr *)&to, len) < 0)
		err = -errno;
	if (!err)
		err = tcp_local(fd, &end);
	if (!err)
		*out = end.addr;
	close(fd);
	return err;
}

int tcp_device(int fd, char device[16])
{
	char name[IFNAMSIZ] = "";
	socklen_t len = sizeof(name);
	if (getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len) < 0)
		return -errno;
	memcpy(device, name, sizeof(name));
	device[sizeof(name) - 1] = 0;
	return 0;
}

int tcp_unacknowledged(int fd, size_t *bytes)
{
	int n;
	if (ioctl(fd, SIOCOUTQ, &n) < 0)
		return -errno;
	*bytes = (size_t)n;
	return 0;
}

void tcp_close(int fd)
{
	uint8_t away[4096];
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < TCP_DRAIN_MAX && recv(fd, away, sizeof(away), 0) > 0; i++)
		continue;
	close(fd);
}
