#include "rib/fib/advert.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/wire.h"

enum {
	HOPS = 255, /* RFC 4861 6.1.2: what crossed a router is not believed */
	ADVERT_MAX = 24,
	MAC_LEN = 6,
};

int advert_open(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	struct icmp6_filter none;
	int hops = HOPS, no = 0;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&none);
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &none, sizeof(none)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &no, sizeof(no)) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

/* The link-layer address of an Ethernet link; false: it has none. */
static bool mac_of(int fd, uint32_t ifindex, uint8_t mac[MAC_LEN])
{
	struct ifreq r = {.ifr_ifindex = (int)ifindex};

	if (ioctl(fd, SIOCGIFNAME, &r) < 0 || ioctl(fd, SIOCGIFHWADDR, &r) < 0 ||
		r.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return false;
	memcpy(mac, r.ifr_hwaddr.sa_data, MAC_LEN);
	return true;
}

/* The kernel fills the checksum in. */
static size_t advert_build(const uint8_t *mac, uint8_t out[ADVERT_MAX])
{
	struct wr w = wr_init(out, ADVERT_MAX);

	wr_u8(&w, ND_ROUTER_ADVERT);
	wr_u8(&w, 0);
	wr_u16(&w, 0); /* checksum */
	wr_u16(&w, 0); /* hop limit: not said; no flags */
	wr_u16(&w, 0); /* router lifetime */
	wr_u32(&w, 0); /* reachable time: not said */
	wr_u32(&w, 0); /* retransmission: not said */
	if (mac) {
		wr_u8(&w, ND_OPT_SOURCE_LINKADDR);
		wr_u8(&w, 1);
		wr_bytes(&w, mac, MAC_LEN);
	}
	return wr_len(&w);
}

int advert_send(int fd, uint32_t ifindex)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_scope_id = ifindex};
	uint8_t mac[MAC_LEN], packet[ADVERT_MAX];
	size_t len = advert_build(mac_of(fd, ifindex, mac) ? mac : NULL, packet);

	memcpy(&to.sin6_addr, "\xff\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\1", sizeof(to.sin6_addr));
	if (sendto(fd, packet, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}
