#include "conf/peer.h"

#include <ctype.h>
#include <string.h>

static bool is_v4_mapped(struct addr a)
{
	static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};
	return a.family == ADDR_V6 && memcmp(a.b, head, sizeof(head)) == 0;
}

/* NULL, or why this address cannot be a neighbour's. */
static const char *address_why_not(struct addr a, bool zone)
{
	if (addr_is_unspecified(a) || addr_is_multicast(a) ||
		(a.family == ADDR_V4 && addr_u32(a) == UINT32_MAX))
		return "is no address of one host";
	if (is_v4_mapped(a))
		return "is an IPv4 address in IPv6 form; write it in IPv4 form";
	bool needs_zone = a.family == ADDR_V6 && addr_is_link_local(a);
	if (needs_zone && !zone)
		return "is link-local; name its interface, as in fe80::1%eth0";
	if (zone && !needs_zone)
		return "takes no %INTERFACE; only an IPv6 link-local address has one";
	return NULL;
}

/* What cannot be meant as an address: a letter, and neither ':' nor '%'. */
static bool is_interface(const char *word)
{
	bool letter = false;
	for (const char *p = word; *p; p++)
		letter = letter || isalpha((unsigned char)*p);
	return letter && conf_interface_ok(word);
}

static bool read_address(
	struct conf_report *r, unsigned line, const char *word, struct conf_source_section *s)
{
	const char *zone = strchr(word, '%');
	const char *text =
		conf_arena_copy(r->arena, word, zone ? (size_t)(zone - word) : strlen(word));
	struct addr a;
	if (is_interface(word)) {
		s->address = (struct addr){0};
		s->interface = word;
		return true;
	}
	if (!addr_parse(text, &a)) {
		conf_report_error(r, line,
			"[neighbor %s]: '%s' is no IPv4 or IPv6 address, nor an interface's name",
			word, text);
		return false;
	}
	const char *why = address_why_not(a, zone);
	if (why) {
		conf_report_error(r, line, "[neighbor %s]: the address %s", word, why);
		return false;
	}
	if (zone && !conf_interface_ok(zone + 1)) {
		conf_report_error(
			r, line, "[neighbor %s]: '%s' is no interface's name", word, zone + 1);
		return false;
	}
	s->address = a;
	s->interface = zone ? zone + 1 : "";
	return true;
}

/* False where the words behind the address are not `vrf NAME`. */
static bool read_vrf(const char *words, struct conf_source_section *s)
{
	if (!*words)
		return true;
	if (strncmp(words, "vrf ", 4) != 0 || !conf_name_ok(words + 4))
		return false;
	s->vrf = words + 4;
	return true;
}

bool conf_peer_read(
	struct conf_report *r, unsigned line, const char *text, struct conf_source_section *s)
{
	char address[ADDR_TEXT_MAX];
	const char *blank = strchr(text, ' ');
	const char *word = blank ? conf_arena_copy(r->arena, text, (size_t)(blank - text)) : text;
	if (!*word || !read_vrf(blank ? blank + 1 : "", s)) {
		conf_report_error(r, line,
			"[neighbor%s%s] must be written [neighbor ADDRESS] or [neighbor ADDRESS "
			"vrf NAME], or with an interface in place of ADDRESS",
			*text ? " " : "", text);
		return false;
	}
	if (!read_address(r, line, word, s))
		return false;
	s->vrf_of_interface = *s->interface && !blank;
	bool in_default = strcmp(s->vrf, "default") == 0;
	bool numbered = s->address.family != ADDR_NONE;
	s->name = conf_arena_format(r->arena, "%s%s%s%s%s",
		numbered ? addr_text(s->address, address) : "",
		numbered && *s->interface ? "%" : "", s->interface, in_default ? "" : " vrf ",
		in_default ? "" : s->vrf);
	return true;
}

uint32_t conf_families_default(struct addr neighbor)
{
	if (neighbor.family == ADDR_NONE)
		return CONF_FAMILY_IPV4 | CONF_FAMILY_IPV6;
	return neighbor.family == ADDR_V4 ? CONF_FAMILY_IPV4 : CONF_FAMILY_IPV6;
}
