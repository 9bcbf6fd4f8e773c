#include "conf/ext_community.h"

#include <stdlib.h>
#include <string.h>

#include "conf/number.h"
#include "lib/addr.h"

static void put(uint8_t *at, uint64_t value, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		at[i] = (uint8_t)(value >> (8 * (octets - 1 - i)));
}

static bool read_octets(const char *word, struct ext_community *out)
{
	if (strlen(word) != 18 || strncmp(word, "0x", 2) != 0 ||
		strspn(word + 2, "0123456789abcdefABCDEF") != 16)
		return false;
	put(out->octet, strtoull(word + 2, NULL, 16), 8);
	return true;
}

/* "HEAD:N"; HEAD is an AS or an IPv4 address. */
static bool read_pair(const char *word, struct ext_community *out)
{
	char head[24];
	const char *colon = strchr(word, ':');
	uint64_t n, as;
	struct addr a;

	if (!colon || (size_t)(colon - word) >= sizeof(head) || !conf_number_plain(colon + 1, &n))
		return false;
	memcpy(head, word, (size_t)(colon - word));
	head[colon - word] = 0;
	if (!strchr(head, '.') && conf_number_as(head, &as) && as <= UINT16_MAX) {
		out->octet[0] = EXT_COMMUNITY_AS2;
		put(out->octet + 2, as, 2);
		put(out->octet + 4, n, 4);
		return n <= UINT32_MAX;
	}
	if (conf_number_as(head, &as)) {
		out->octet[0] = EXT_COMMUNITY_AS4;
		put(out->octet + 2, as, 4);
	} else if (addr_parse(head, &a) && a.family == ADDR_V4) {
		out->octet[0] = EXT_COMMUNITY_IPV4;
		memcpy(out->octet + 2, a.b, 4);
	} else {
		return false;
	}
	put(out->octet + 6, n, 2);
	return n <= UINT16_MAX;
}

bool conf_ext_community_read(char *const *words, size_t n, struct ext_community *out)
{
	if (n == 1)
		return read_octets(words[0], out);
	if (n != 2)
		return false;
	bool rt = strcmp(words[0], "rt") == 0;
	out->octet[1] = rt ? EXT_COMMUNITY_RT : EXT_COMMUNITY_SOO;
	return (rt || strcmp(words[0], "soo") == 0) && read_pair(words[1], out);
}
