/* The words of `explain ADDRESS from SOURCE [iif I] [mark M]`. */
#include "bgpd-lite/ctl/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bgpd-lite/ctl/people.h"
#include "lib/addr.h"

static bool take_mark(struct ask *a, const char *typed, struct text *why)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(typed, &end, 0);

	if (typed[0] < '0' || typed[0] > '9' || *end || errno || n > UINT32_MAX) {
		text_addf(why, "mark '%s': 0..0xffffffff is wanted", typed);
		return false;
	}
	json_object_set_new(a->parameters, "mark", json_integer((json_int_t)n));
	return true;
}

const char *const commands_packet_words[] = {"from", "iif", "mark", NULL};

static bool take_packet_word(struct ask *a, const char *word, const char *value,
	enum addr_family family, struct text *why)
{
	struct addr from;

	if (word == commands_packet_words[2])
		return take_mark(a, value, why);
	if (word == commands_packet_words[0] &&
		(!addr_parse(value, &from) || from.family != family)) {
		text_addf(why, "from '%s' is no address of the same family", value);
		return false;
	}
	return commands_set_once(a, word, value, why);
}

bool commands_packet(struct ask *a, int argc, char **argv, struct text *why)
{
	struct addr to = {0};

	if (!addr_parse(argv[0], &to)) {
		text_addf(why, "'%s' is no address: a packet goes to one", argv[0]);
		return false;
	}
	json_object_set_new(a->parameters, "to", json_string(argv[0]));
	for (int i = 1; i < argc; i += 2) {
		const char *word = people_complete(argv[i], commands_packet_words);
		if (!word || i + 1 == argc) {
			text_addf(why,
				"'%s': from ADDRESS, iif INTERFACE or mark NUMBER may stand here",
				argv[i]);
			return false;
		}
		if (!take_packet_word(a, word, argv[i + 1], to.family, why))
			return false;
	}
	if (json_object_get(a->parameters, "from"))
		return true;
	text_adds(why, "a packet needs `from ADDRESS`");
	return false;
}
