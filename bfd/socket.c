#include "bfd/socket.h"
#include "bfd/packet.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	RX_BUFFER = 4 << 20, /* the default holds 256 packets; the kernel cuts to rmem_max */
	TX_PRIORITY = 6,     /* the highest that needs no capability */
	TX_TOS = 0xc0,       /* CS6 */
};

static bool set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

static int fail(int fd, const char *call, const char **what)
{
	int error = errno;
	close(fd);
	*what = call;
	return -error;
}

static socklen_t sockaddr_of(
	struct addr a, uint16_t port, uint32_t ifindex, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (a.family == ADDR_V4) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		memcpy(&v4->sin_addr, a.b, 4);
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	memcpy(&v6->sin6_addr, a.b, 16);
	v6->sin6_scope_id = addr_is_link_local(a) ? ifindex : 0;
	return sizeof(*v6);
}

static int open_udp(const char *device, enum addr_family family, const char **what)
{
	int fd = socket(addr_family_af(family), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		*what = "socket";
		return -errno;
	}
	if (device[0] && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				 (socklen_t)strlen(device) + 1) < 0)
		return fail(fd, "bind to device", what);
	if (family == ADDR_V6 && !set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
		return fail(fd, "IPV6_V6ONLY", what);
	return fd;
}

static bool rx_options(int fd, enum addr_family family)
{
	set_int(fd, SOL_SOCKET, SO_RCVBUF, RX_BUFFER);
	if (!set_int(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) || !set_int(fd, SOL_SOCKET, SO_RXQ_OVFL, 1))
		return false;
	if (family == ADDR_V4)
		return set_int(fd, IPPROTO_IP, IP_RECVTTL, 1) &&
		       set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	return set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1) &&
	       set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

uint16_t bfd_port(bool multihop)
{
	return multihop ? BFD_PORT_MULTIHOP : BFD_PORT_SINGLE_HOP;
}

int bfd_socket_rx(
	const char *device, enum addr_family family, uint16_t port, bool alone, const char **what)
{
	struct sockaddr_storage any;
	struct addr zero = {.family = (uint8_t)family};
	int fd = open_udp(device, family, what);
	if (fd < 0)
		return fd;
	if (!rx_options(fd, family))
		return fail(fd, "setsockopt", what);
	/* An unbound and a device-bound socket collide without this. Set behind bind() it does not
	 * let us in where another daemon is, and lets our own next socket in. */
	if (!alone && !set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return fail(fd, "SO_REUSEPORT", what);
	socklen_t len = sockaddr_of(zero, port, 0, &any);
	if (bind(fd, (struct sockaddr *)&any, len) < 0)
		return fail(
			fd, port == BFD_PORT_MULTIHOP ? "bind port 4784" : "bind port 3784", what);
	if (alone && !set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1))
		return fail(fd, "SO_REUSEPORT", what);
	return fd;
}

int bfd_socket_sort(int fd)
{
	/* Vers, Diag, State and flags, (Detect Mult), Length; a shorter payload gives 0 too */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff700ff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x20c00000 | BFD_PACKET_LEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

void bfd_socket_zero_checksum(int fd, bool taken)
{
	set_int(fd, IPPROTO_UDP, UDP_NO_CHECK6_RX, taken);
}

static bool tx_options(int fd, uint8_t family)
{
	/* It is written to only; what strangers send to it must not take memory. TOS first: it sets
	 * the priority too. */
	set_int(fd, SOL_SOCKET, SO_RCVBUF, 1);
	bool ok = family == ADDR_V4 ? set_int(fd, IPPROTO_IP, IP_TTL, BFD_TTL) &&
					      set_int(fd, IPPROTO_IP, IP_TOS, TX_TOS)
				    : set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, BFD_TTL) &&
					      set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, TX_TOS);
	return ok && set_int(fd, SOL_SOCKET, SO_PRIORITY, TX_PRIORITY);
}

int bfd_socket_tx(const struct bfd_session *s, uint16_t port, const char **what)
{
	struct sockaddr_storage to;
	int fd = open_udp(s->device, (enum addr_family)s->local.family, what);
	if (fd < 0)
		return fd;
	if (!tx_options(fd, s->local.family))
		return fail(fd, "setsockopt", what);
	socklen_t len = sockaddr_of(s->local, port, s->ifindex, &to);
	if (bind(fd, (struct sockaddr *)&to, len) < 0)
		return fail(fd, "bind", what);
	len = sockaddr_of(s->remote, bfd_port(s->multihop), s->ifindex, &to);
	if (connect(fd, (struct sockaddr *)&to, len) < 0)
		return fail(fd, "connect", what);
	return fd;
}

uint32_t bfd_socket_ifindex(int fd)
{
	int ifindex = 0;
	socklen_t len = sizeof(ifindex);
	if (getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &ifindex, &len) < 0 || ifindex < 0)
		return 0;
	return (uint32_t)ifindex;
}

uint32_t bfd_socket_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);
	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}
