#include "conf/target.h"

#include <string.h>

#include "conf/peer.h"

/* The words of the item with one blank between them. */
static char *with_single_blanks(struct conf_arena *a, const char *text)
{
	char *out = conf_arena_copy(a, text, strlen(text));
	char *end = out;
	for (const char *p = text; *p; p++) {
		bool blank = *p == ' ' || *p == '\t';
		if (!blank || (end > out && end[-1] != ' '))
			*end++ = blank ? ' ' : *p;
	}
	*end = 0;
	return out;
}

bool conf_target_read(
	struct conf_report *r, unsigned line, const char *text, struct conf_item *item)
{
	const char *words = with_single_blanks(r->arena, text);
	if (strcmp(words, "all") == 0)
		return true;
	if (strncmp(words, "vrf ", 4) == 0) {
		item->vrf = words + 4;
		if (conf_name_ok(item->vrf))
			return true;
		conf_report_error(
			r, line, "to: '%s' must be all, vrf NAME or ADDRESS [vrf NAME]", text);
		return false;
	}
	struct conf_source_section *s = conf_arena_alloc(r->arena, sizeof(*s));
	*s = (struct conf_source_section){.kind = CONF_SECTION_NEIGHBOR,
		.line = line,
		.name = words,
		.interface = "",
		.vrf = "default"};
	item->peer = s;
	return conf_peer_read(r, line, words, s);
}

static bool targets_same(const struct conf_item *a, const struct conf_item *b)
{
	if (!a->vrf != !b->vrf || !a->peer != !b->peer)
		return false;
	return (!a->vrf || strcmp(a->vrf, b->vrf) == 0) &&
	       (!a->peer || strcmp(a->peer->name, b->peer->name) == 0);
}

bool conf_targets_equal(const struct conf_value *a, const struct conf_value *b)
{
	if (a->items_n != b->items_n)
		return false;
	for (size_t i = 0; i < a->items_n; i++)
		if (!targets_same(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* "PREFIX" or "PREFIX vrf NAME"; v->path is NAME. */
static bool read_route(const char *text, struct conf_value *v)
{
	char prefix[PREFIX_TEXT_MAX];
	size_t len = strcspn(text, " \t");
	bool host_bits;

	if (len == 0 || len >= sizeof(prefix))
		return false;
	memcpy(prefix, text, len);
	prefix[len] = 0;
	text = skip_blanks(text + len);
	v->path = "default";
	if (strncmp(text, "vrf ", 4) == 0) {
		v->path = skip_blanks(text + 4);
		text += strlen(text);
	}
	return !*text && conf_name_ok(v->path) && prefix_parse(prefix, &v->prefix, &host_bits);
}

bool conf_when_read(const char *text, struct conf_value *v)
{
	static const char route[] = "route-present ";
	static const char file[] = "file-present";
	v->number = CONF_WHEN_ALWAYS;
	if (strcmp(text, "always") == 0)
		return true;
	v->number = CONF_WHEN_ADDRESS_PRESENT;
	if (strcmp(text, "address-present") == 0)
		return true;
	v->number = CONF_WHEN_ROUTE_PRESENT;
	if (strncmp(text, route, strlen(route)) == 0)
		return read_route(skip_blanks(text + strlen(route)), v);
	v->number = CONF_WHEN_FILE_PRESENT;
	if (strncmp(text, file, strlen(file)) != 0)
		return false;
	v->path = text + strlen(file);
	if (*v->path != ' ' && *v->path != '\t')
		return false;
	v->path = skip_blanks(v->path);
	return v->path[0] == '/' && v->path[1];
}

bool conf_community_known(const char *text, uint32_t out[2])
{
	static const struct {
		const char *name;
		uint16_t low;
	} known[] = {{"no-export", 0xff01}, {"no-advertise", 0xff02}, {"no-peer", 0xff04},
		{"blackhole", 0x029a}, {"graceful-shutdown", 0}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].name, text) != 0)
			continue;
		out[0] = UINT16_MAX;
		out[1] = known[i].low;
		return true;
	}
	return false;
}
