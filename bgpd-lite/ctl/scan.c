#include "bgpd-lite/ctl/scan.h"

#include <jansson.h>
#include <string.h>

static void skip(struct span *s, size_t n)
{
	s->s += n;
	s->len -= n;
}

enum {
	BLANK = 1,
	SCALAR_ENDS = 2,
	NESTS = 4, /* counts inside of an array or object: its brackets, and texts */
};

static const unsigned char class[256] = {
	[' '] = BLANK | SCALAR_ENDS,
	['\t'] = BLANK | SCALAR_ENDS,
	['\r'] = BLANK | SCALAR_ENDS,
	['\n'] = BLANK | SCALAR_ENDS,
	[','] = SCALAR_ENDS,
	[']'] = SCALAR_ENDS | NESTS,
	['}'] = SCALAR_ENDS | NESTS,
	['['] = NESTS,
	['{'] = NESTS,
	['"'] = NESTS,
};

static bool is(char c, unsigned what)
{
	return class[(unsigned char)c] & what;
}

static void skip_blanks(struct span *s)
{
	while (s->len && is(s->s[0], BLANK))
		skip(s, 1);
}

/* Length of the text at its front with both quotes; 0: it has no end. */
static size_t text_len(struct span s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.s[i] == '"')
			return i + 1;
		if (s.s[i] == '\\')
			i++;
	}
	return 0;
}

/* Of an array or object. */
static size_t nested_len(struct span s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!is(s.s[i], NESTS))
			continue;
		switch (s.s[i]) {
		case '"': {
			size_t n = text_len((struct span){s.s + i, s.len - i});
			if (n == 0)
				return 0;
			i += n - 1;
			break;
		}
		case '[':
		case '{':
			depth++;
			break;
		case ']':
		case '}':
			if (--depth == 0)
				return i + 1;
			break;
		}
	}
	return 0;
}

static size_t scalar_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && !is(s.s[n], SCALAR_ENDS))
		n++;
	return n;
}

static bool take_value(struct span *rest, struct span *out)
{
	skip_blanks(rest);
	if (rest->len == 0)
		return false;
	char c = rest->s[0];
	size_t n = c == '"'               ? text_len(*rest)
		   : c == '[' || c == '{' ? nested_len(*rest)
					  : scalar_len(*rest);
	*out = (struct span){rest->s, n};
	skip(rest, n);
	return n > 0;
}

static struct scan scan_begin(struct span value, char open, char close)
{
	struct scan it = {.rest = value, .close = close, .first = true};

	skip_blanks(&it.rest);
	it.bad = it.rest.len == 0 || it.rest.s[0] != open;
	if (!it.bad)
		skip(&it.rest, 1);
	return it;
}

struct scan scan_array(struct span value)
{
	return scan_begin(value, '[', ']');
}

struct scan scan_object(struct span value)
{
	return scan_begin(value, '{', '}');
}

/* To the next value or key; false: the end. */
static bool advance(struct scan *it)
{
	if (it->bad)
		return false;
	skip_blanks(&it->rest);
	if (it->rest.len && it->rest.s[0] == it->close)
		return false;
	if (!it->first) {
		it->bad = it->rest.len == 0 || it->rest.s[0] != ',';
		if (it->bad)
			return false;
		skip(&it->rest, 1);
	}
	it->first = false;
	return true;
}

bool scan_next(struct scan *it)
{
	return advance(it);
}

bool scan_value(struct scan *it, struct span *value)
{
	it->bad = it->bad || !take_value(&it->rest, value);
	return !it->bad;
}

bool scan_key(struct scan *it, struct span *key)
{
	if (!advance(it))
		return false;
	it->bad = !take_value(&it->rest, key) || key->len < 2 || key->s[0] != '"';
	skip_blanks(&it->rest);
	it->bad = it->bad || it->rest.len == 0 || it->rest.s[0] != ':';
	if (it->bad)
		return false;
	*key = (struct span){key->s + 1, key->len - 2};
	skip(&it->rest, 1);
	return true;
}

bool scan_item(struct scan *it, struct span *value)
{
	return scan_next(it) && scan_value(it, value);
}

bool scan_field(struct scan *it, struct span *key, struct span *value)
{
	return scan_key(it, key) && scan_value(it, value);
}

void scan_leave(struct scan *it, const struct scan *inner)
{
	it->rest = inner->rest;
	it->bad = inner->bad || it->rest.len == 0 || it->rest.s[0] != inner->close;
	if (!it->bad)
		skip(&it->rest, 1);
}

bool scan_is(struct span value, const char *text)
{
	return value.len == strlen(text) && memcmp(value.s, text, value.len) == 0;
}

struct span scan_find(struct span object, const char *key)
{
	struct scan it = scan_object(object);
	struct span name, value;

	while (scan_field(&it, &name, &value))
		if (scan_is(name, key))
			return value;
	return (struct span){"", 0};
}

void scan_cell(struct span value, struct text *out)
{
	if (value.len == 0 || scan_is(value, "null")) {
		text_adds(out, "-");
	} else if (value.s[0] != '"') {
		text_add(out, value.s, value.len);
	} else if (!memchr(value.s, '\\', value.len)) {
		text_add(out, value.s + 1, value.len - 2);
	} else {
		json_t *text = json_loadb(value.s, value.len, JSON_DECODE_ANY, NULL);
		text_adds(out, text ? json_string_value(text) : "");
		json_decref(text);
	}
}
