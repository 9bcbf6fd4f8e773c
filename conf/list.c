#include "conf/list.h"

#include <string.h>

#include "conf/ext_community.h"
#include "conf/number.h"
#include "conf/target.h"

enum {
	WORDS_MAX = 6,  /* of an item; more is always an error */
	GLOB_MAX = 128, /* bytes, with NUL */
};

struct words {
	size_t n; /* may be more than word[] holds */
	char *word[WORDS_MAX];
};

/* Cuts item in place. */
static struct words words_cut(char *item)
{
	struct words w = {0};
	char *save = NULL;
	for (char *s = strtok_r(item, " \t", &save); s; s = strtok_r(NULL, " \t", &save)) {
		if (w.n < WORDS_MAX)
			w.word[w.n] = s;
		w.n++;
	}
	return w;
}

static bool read_prefix(
	struct conf_report *r, const char *key, const char *text, unsigned line, struct prefix *out)
{
	bool host_bits;
	if (prefix_parse(text, out, &host_bits))
		return true;
	if (!host_bits) {
		conf_report_error(
			r, line, "%s: '%s' is no prefix (192.0.2.0/24, 2001:db8::/32)", key, text);
		return false;
	}
	char address[ADDR_TEXT_MAX] = "", meant[PREFIX_TEXT_MAX];
	const char *slash = strchr(text, '/');
	struct addr a = {0};
	uint64_t len = 0;
	memcpy(address, text, (size_t)(slash - text));
	(void)addr_parse(address, &a);
	(void)conf_number_plain(slash + 1, &len);
	conf_report_error(r, line, "%s: '%s' has bits set behind its length; did you mean %s?", key,
		text, prefix_text(prefix_make(a, (uint8_t)len), meant));
	return false;
}

/* `ge N` or `le N` at words[at]. */
static bool read_bound(const struct words *w, size_t at, uint8_t bits,
	struct conf_prefix_rule *rule, bool *ge_set, bool *le_set)
{
	bool ge = strcmp(w->word[at], "ge") == 0, le = strcmp(w->word[at], "le") == 0;
	uint64_t n;
	if (!(ge || le) || at + 1 >= w->n || !conf_number_plain(w->word[at + 1], &n) || n > bits)
		return false;
	if (ge ? *ge_set : *le_set)
		return false;
	if (ge) {
		rule->ge = (uint8_t)n;
		*ge_set = true;
	} else {
		rule->le = (uint8_t)n;
		*le_set = true;
	}
	return true;
}

/* As in FRR: none exact; ge alone up to the longest; le alone from the prefix's own length (but see
 * struct conf_prefix_rule about default routes). */
static bool read_rule(struct conf_report *r, const char *key, const char *item,
	const struct words *w, unsigned line, struct conf_prefix_rule *rule)
{
	bool ge = false, le = false, ok = w->n <= 5;
	if (!read_prefix(r, key, w->word[0], line, &rule->prefix))
		return false;
	uint8_t bits = addr_bits(rule->prefix.addr.family);
	for (size_t at = 1; ok && at < w->n; at += 2)
		ok = read_bound(w, at, bits, rule, &ge, &le);
	if (!ok) {
		conf_report_error(r, line, "%s: '%s' must be PREFIX [ge N] [le N], N up to %u", key,
			item, bits);
		return false;
	}
	if (!ge)
		rule->ge = rule->prefix.len;
	if (!le)
		rule->le = ge ? bits : rule->prefix.len;
	bool unnamed_default = rule->permit && rule->prefix.len == 0 && !ge && rule->le > 0;
	if (unnamed_default)
		rule->ge = 1;
	if (rule->ge < rule->prefix.len || rule->le < rule->ge) {
		conf_report_error(r, line,
			"%s: '%s' can match nothing; must be: length %u <= ge <= le <= %u", key,
			item, rule->prefix.len, bits);
		return false;
	}
	return true;
}

struct bit_name {
	const char *name;
	uint64_t bit;
};

static bool read_bit(const struct bit_name *names, size_t n, const char *text, uint64_t *bits)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i].name, text) == 0) {
			*bits |= names[i].bit;
			return true;
		}
	}
	return false;
}

static const struct bit_name families[] = {{"ipv4", CONF_FAMILY_IPV4}, {"ipv6", CONF_FAMILY_IPV6}};
static const struct bit_name rights[] = {{"import", CONF_MAY_IMPORT},
	{"announce", CONF_MAY_ANNOUNCE}, {"neighbors", CONF_MAY_NEIGHBORS}, {"all", CONF_MAY_ALL}};

/* Numbers parted by ':', n of them, up to max. */
static bool read_numbers(const char *word, unsigned n, uint64_t max, uint32_t out[3])
{
	char text[48], *save = NULL;
	unsigned got = 0;
	uint64_t number;
	if (strlen(word) >= sizeof(text) || strstr(word, "::") || word[0] == ':')
		return false;
	strcpy(text, word);
	for (char *s = strtok_r(text, ":", &save); s; s = strtok_r(NULL, ":", &save)) {
		if (got == n || !conf_number_plain(s, &number) || number > max)
			return false;
		out[got++] = (uint32_t)number;
	}
	return got == n && word[strlen(word) - 1] != ':';
}

static bool read_as(const char *word, uint32_t *out)
{
	uint64_t as;
	if (!conf_number_as(word, &as))
		return false;
	*out = (uint32_t)as;
	return true;
}

static bool read_glob(const char *word, struct conf_item *item)
{
	item->negated = word[0] == '!';
	item->name = word + item->negated;
	return *item->name && strlen(item->name) < GLOB_MAX && !strpbrk(item->name, "!/");
}

/* An item of one word. */
static bool read_word(
	enum conf_type type, const char *word, struct conf_value *v, struct conf_item *item)
{
	if (type == CONF_TYPE_FAMILIES)
		return read_bit(families, 2, word, &v->number);
	if (type == CONF_TYPE_RIGHTS)
		return read_bit(rights, 4, word, &v->number);
	if (type == CONF_TYPE_COMMUNITIES)
		return conf_community_known(word, item->number) ||
		       read_numbers(word, 2, UINT16_MAX, item->number);
	if (type == CONF_TYPE_LARGE_COMMUNITIES)
		return read_numbers(word, 3, UINT32_MAX, item->number);
	if (type == CONF_TYPE_AS_NUMBERS)
		return read_as(word, &item->number[0]);
	if (type == CONF_TYPE_GLOBS)
		return read_glob(word, item);
	if (type == CONF_TYPE_HOSTS)
		return addr_parse(word, &item->addr) && conf_host_ok(item->addr);
	item->name = word;
	return conf_name_ok(word);
}

static bool read_key(const struct words *w, struct conf_item *item)
{
	uint64_t id;
	if (w->n != 2 || !conf_number_plain(w->word[0], &id) || id > 255 ||
		!conf_file_ok(w->word[1]))
		return false;
	item->id = (uint8_t)id;
	item->name = w->word[1];
	return true;
}

static bool read_vrf_import(const struct words *w, struct conf_item *item)
{
	if (w->n != 2 || !conf_name_ok(w->word[0]) || !conf_name_ok(w->word[1]))
		return false;
	item->vrf = w->word[0];
	item->name = w->word[1];
	return true;
}

static bool read_words(
	enum conf_type type, const struct words *w, struct conf_value *v, struct conf_item *item)
{
	if (type == CONF_TYPE_BFD_KEYS)
		return read_key(w, item);
	if (type == CONF_TYPE_VRF_IMPORTS)
		return read_vrf_import(w, item);
	if (type == CONF_TYPE_EXT_COMMUNITIES)
		return conf_ext_community_read(w->word, w->n, &item->ext);
	return w->n == 1 && read_word(type, w->word[0], v, item);
}

static bool read_item(
	struct conf_report *r, enum conf_key key, char *text, unsigned line, struct conf_value *v)
{
	enum conf_type type = conf_keys[key].type;
	const char *name = conf_keys[key].name;
	const char *written = conf_arena_copy(r->arena, text, strlen(text));
	struct conf_item item = {.line = line, .rule.permit = key == CONF_KEY_LIST_PERMIT};
	struct words w = words_cut(text);
	char range[CONF_RANGE_TEXT_MAX];
	if (w.n == 0) {
		conf_report_error(r, line, "%s: an item between the commas is empty", name);
		return false;
	}
	if (type == CONF_TYPE_PREFIXES || type == CONF_TYPE_RULES) {
		if (type == CONF_TYPE_PREFIXES && w.n > 1) {
			conf_report_error(
				r, line, "%s: '%s' must be a prefix alone", name, written);
			return false;
		}
		if (!read_rule(r, name, written, &w, line, &item.rule))
			return false;
		item.rule.origin = (struct conf_origin){.file = r->file, .line = line};
	} else if (type == CONF_TYPE_TARGETS) {
		if (!conf_target_read(r, line, written, &item))
			return false;
	} else if (!read_words(type, &w, v, &item)) {
		conf_report_error(
			r, line, "%s: '%s'; must be %s", name, written, conf_key_range(key, range));
		return false;
	}
	*CONF_PUSH(r->arena, v->items, v->items_n) = item;
	return true;
}

static char *trim(char *s)
{
	s += strspn(s, " \t");
	size_t n = strlen(s);
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		s[--n] = 0;
	return s;
}

bool conf_list_read(struct conf_report *r, enum conf_key key, const char *text, unsigned line,
	struct conf_value *v)
{
	char *rest = conf_arena_copy(r->arena, text, strlen(text));
	bool ok = true;
	while (rest) {
		char *comma = strchr(rest, ',');
		if (comma)
			*comma++ = 0;
		ok = read_item(r, key, trim(rest), line, v) && ok;
		rest = comma;
	}
	return ok;
}
