/* conf: every trap of config.md "Lexical rules". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"

static struct conf *built; /* freed by the next build() and at the end */

static const struct conf *build_bytes(const char *bytes, size_t len)
{
	bool usable;
	struct conf_text t = {.name = "main", .file = "main.conf", .bytes = bytes, .len = len};
	conf_free(built);
	built = conf_build(&t, 1, NULL, &usable);
	return built;
}

static const struct conf *build(const char *text)
{
	return build_bytes(text, strlen(text));
}

/* Exactly one error, there, with these words. */
static void expect_error_of(const struct conf *c, unsigned line, const char *words)
{
	size_t errors = 0;
	for (size_t i = 0; i < c->messages_n; i++) {
		if (!c->messages[i].error)
			continue;
		errors++;
		if (c->messages[i].origin.line != line || !strstr(c->messages[i].text, words))
			fail_msg("line %u: %s (wanted line %u: %s)", c->messages[i].origin.line,
				c->messages[i].text, line, words);
	}
	assert_int_equal(errors, 1);
}

static void expect_error(const char *text, unsigned line, const char *words)
{
	expect_error_of(build(text), line, words);
}

static const struct conf *expect_good(const char *text)
{
	const struct conf *c = build(text);
	for (size_t i = 0; i < c->messages_n; i++)
		if (c->messages[i].error)
			fail_msg("line %u: %s", c->messages[i].origin.line, c->messages[i].text);
	return c;
}

static void indented_keys_are_keys(void **state)
{
	(void)state;
	const struct conf *c = expect_good("[bgp]\n  local-as = 64512\n\t  router-id = 10.0.0.1\n");
	assert_int_equal(c->bgp.local_as, 64512);
	assert_int_equal(addr_u32(c->bgp.router_id), 0x0a000001);
	expect_error("[neighbor 192.0.2.1]\ndescription = a\n  b\n", 3, "cannot go on");
}

static void only_equal_separates(void **state)
{
	(void)state;
	expect_error("[bgp]\nlocal-as: 64512\n", 2, "':' does not part");
	expect_error("[bgp]\nlocal-as : x = 64512\n", 2, "':' does not part");
	const struct conf *c =
		expect_good("[neighbor 192.0.2.1]\ndescription = a: b = c\nremote-as=65001\n");
	assert_string_equal(c->neighbors[0].description, "a: b = c");
}

static void long_lines_are_refused_whole(void **state)
{
	(void)state;
	char text[600];
	for (int blanks = 0; blanks < 2; blanks++) {
		for (int len = 150; len < 420; len++) {
			int n = snprintf(text, sizeof(text),
				"[neighbor 192.0.2.1]\nremote-as = 65001\n%s"
				"description =%s",
				blanks ? "        " : "", blanks ? "      " : "");
			memset(text + n, 'x', (size_t)len);
			/* what inih would take for a key of its own */
			memcpy(text + n + 140, "port: 1", 7);
			snprintf(text + n + len, sizeof(text) - (size_t)n - (size_t)len,
				"\nport = 1179\n");
			if (strlen("description") + (size_t)len > 190) {
				expect_error(text, 3, "too long");
				continue;
			}
			const struct conf *c = expect_good(text);
			assert_int_equal(strlen(c->neighbors[0].description), len);
			assert_int_equal(c->neighbors[0].port, 1179);
		}
	}
}

static void long_comments_are_no_lines(void **state)
{
	(void)state;
	char text[2000];
	memset(text, 'x', sizeof(text));
	memcpy(text, "# ", 2);
	strcpy(text + 700, "\n[bgp]\nlocal-as = 64512 ; ");
	size_t n = strlen(text);
	text[n] = 'y';
	strcpy(text + 1500, "\nrouter-id = 10.0.0.1\n");
	const struct conf *c = expect_good(text);
	assert_int_equal(c->bgp.local_as, 64512);
	assert_int_equal(c->bgp.router_id.family, ADDR_V4);
}

static void long_section_names_are_whole(void **state)
{
	(void)state;
	const struct conf *c =
		expect_good("[vrf a-rather-long-name-of-a-vrf-that-goes-on-1]\ntable = 1\n"
			    "[vrf a-rather-long-name-of-a-vrf-that-goes-on-2]\ntable = 2\n"
			    "[neighbor fe80::a00:27ff:fe12:3456%bond0.100 vrf "
			    "a-rather-long-name-of-a-vrf-that-goes-on-2]\nremote-as = 1\n"
			    "[neighbor fe80::a00:27ff:fe12:3456%bond0.100 vrf "
			    "a-rather-long-name-of-a-vrf-that-goes-on-1]\nremote-as = 2\n");
	assert_int_equal(c->neighbors_n, 2);
	assert_int_equal(c->neighbors[0].vrf->table, 1);
	assert_int_equal(c->neighbors[0].remote_as, 2);
	assert_int_equal(c->neighbors[1].vrf->table, 2);
	assert_int_equal(c->neighbors[1].remote_as, 1);
}

static void empty_sections_are_seen(void **state)
{
	(void)state;
	const struct conf *c = expect_good("[neighbor 192.0.2.1]\n[neighbor 192.0.2.2]\n");
	assert_int_equal(c->neighbors_n, 2);
	expect_error("[bpg]\n", 1, "unknown section [bpg]; did you mean [bgp]?");
	expect_error("[]\n", 1, "no name");
	expect_error("[bgp\nlocal-as = 1\n", 1, "no ']'");
	expect_error("[bgp] local-as = 1\n", 1, "behind the ']'");
}

static void semicolons_inside_values_stay(void **state)
{
	(void)state;
	const struct conf *c = expect_good("[neighbor 192.0.2.1] ; a comment\n"
					   "description = a;b;c ; not this ; nor this\n"
					   ";description = other\n  ; description = other\n");
	assert_string_equal(c->neighbors[0].description, "a;b;c");
}

static void hash_inside_a_line_is_an_error(void **state)
{
	(void)state;
	expect_error(
		"[bgp]\nlocal-as = 64512 # ours\n", 2, "'#' begins a comment only at the start");
	expect_error("[bgp]\nlocal-as = # ours\n", 2, "'#'");
	const struct conf *c = expect_good("# first\n   # indented\n[neighbor 192.0.2.1]\n"
					   "description = a#b ; with # in a comment\n");
	assert_string_equal(c->neighbors[0].description, "a#b");
	expect_error("[bgp] # ours\nlocal-as = 1\n", 1, "'#'");
}

static void nul_is_refused(void **state)
{
	(void)state;
	static const char text[] = "[bgp]\nlocal-as = 64512\0\nrouter-id = 10.0.0.1\n";
	const struct conf *c = build_bytes(text, sizeof(text) - 1);
	expect_error_of(c, 2, "NUL");
	assert_int_equal(c->bgp.local_as, 0);
}

static void only_utf8_without_control_characters(void **state)
{
	(void)state;
	static const char *const bad[] = {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xc3(",
		"\x1b[2J", "\x07", "\x7f", "\xc2\x9b[", "\f", "\v", "a\rb"};
	char text[100];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "[neighbor 192.0.2.1]\ndescription = %s\n", bad[i]);
		const struct conf *c = build(text);
		assert_int_equal(c->neighbors_n, 0);
		assert_true(c->messages_n > 0);
	}
	const struct conf *c = expect_good(
		"\xef\xbb\xbf[neighbor 192.0.2.1]\r\ndescription = Z\xc3\xbcrich \xe2\x82\xac "
		"\xf0\x9f\x90\xa7\r\nport = 1179");
	assert_string_equal(
		c->neighbors[0].description, "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x90\xa7");
	assert_int_equal(c->neighbors[0].port, 1179);
}

static void upper_case_is_told_apart(void **state)
{
	(void)state;
	expect_error("[bgp]\nLocal-AS = 64512\n", 2, "must be in lower case: 'local-as'");
	expect_error("[BGP]\nlocal-as = 64512\n", 1, "must be in lower case: [bgp]");
}

static void sections_twice_name_both_lines(void **state)
{
	(void)state;
	expect_error("[bgp]\nlocal-as = 1\n\n[bgp]\nrouter-id = 10.0.0.1\n", 4,
		"[bgp] is in this file twice, first in line 1");
	expect_error("[neighbor 2001:db8::1 vrf default]\n[neighbor 192.0.2.1]\n"
		     "[neighbor   2001:DB8:0::1 ]\n",
		3, "[neighbor 2001:db8::1] is in this file twice, first in line 1");
	expect_error("[neighbor fe80::1%eth0]\n[neighbor FE80:0::1%eth0]\n", 2, "first in line 1");
	expect_good("[neighbor fe80::1%eth0]\n[neighbor fe80::1%eth1]\n");
}

static void scalars_twice_are_errors_lists_append(void **state)
{
	(void)state;
	expect_error("[bgp]\nlocal-as = 1\nlocal-as = 1\n", 3,
		"'local-as' is set twice in this section, first in line 2");
	const struct conf *c = expect_good(
		"[prefix-list a]\npermit = 10.0.0.0/8, 10.1.0.0/16\ndeny = 0.0.0.0/0 le 32\n"
		"permit = 10.2.0.0/16\n");
	assert_int_equal(c->lists[0].rules_n, 4);
	assert_int_equal(c->lists[0].rules[1].origin.line, 2);
	assert_false(c->lists[0].rules[2].permit);
	assert_true(c->lists[0].rules[3].permit);
	assert_int_equal(c->lists[0].rules[3].origin.line, 4);
}

static void empty_values_are_errors(void **state)
{
	(void)state;
	expect_error("[bgp]\nlocal-as =\n", 2, "'local-as' has no value");
	expect_error("[bgp]\nlocal-as = ; 64512\n", 2, "'local-as' has no value");
	expect_error("[bgp]\n= 64512\n", 2, "no key");
	expect_error("[bgp]\nlocal-as\n", 2, "neither");
	expect_error("[bgp]\nalways-block = 10.0.0.0/8,, 11.0.0.0/8\n", 2, "empty");
	expect_error("[bgp]\nalways-block = 10.0.0.0/8,\n", 2, "empty");
	expect_error("local-as = 64512\n[bgp]\n", 1, "before the first [section]");
}

static void unknown_keys_name_the_nearest(void **state)
{
	(void)state;
	expect_error("[neighbor 192.0.2.1]\nremot-as = 65001\n", 2,
		"unknown key 'remot-as' in [neighbor]; did you mean 'remote-as'?");
	expect_error("[neighbor 192.0.2.1]\nhold-tiem = 9\n", 2, "did you mean 'hold-time'?");
	expect_error("[neighbor 192.0.2.1]\nxyzzy = 9\n", 2, "--help-config neighbor");
	expect_error("[vrf default]\ndevice = vrf-red\n", 2, "cannot be set in [vrf default]");
	expect_error("[quorum a]\naction = permit\n", 1, "unknown section [quorum]; known are");
}

static void all_errors_are_collected(void **state)
{
	(void)state;
	const struct conf *c = build("[bgp]\nlocal-as = 0\nfoo = 1\nrouter-id = ::1\n[vrf red]\n"
				     "[neighbor 300.0.0.1]\nhold-time = 2\n");
	static const unsigned lines[] = {2, 3, 4, 5, 6, 7};
	size_t n = 0;
	for (size_t i = 0; i < c->messages_n; i++)
		if (c->messages[i].error)
			assert_int_equal(c->messages[i].origin.line, lines[n++]);
	assert_int_equal(n, 6);
}

static void messages_have_an_end(void **state)
{
	(void)state;
	size_t len = 300000;
	char *text = malloc(len);
	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = i % 3 == 2 ? '\n' : 'x';
	const struct conf *c = build_bytes(text, len);
	assert_in_range(c->messages_n, 101, 103);
	free(text);
}

static int drop(void **state)
{
	(void)state;
	conf_free(built);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indented_keys_are_keys),
		cmocka_unit_test(only_equal_separates),
		cmocka_unit_test(long_lines_are_refused_whole),
		cmocka_unit_test(long_comments_are_no_lines),
		cmocka_unit_test(long_section_names_are_whole),
		cmocka_unit_test(empty_sections_are_seen),
		cmocka_unit_test(semicolons_inside_values_stay),
		cmocka_unit_test(hash_inside_a_line_is_an_error),
		cmocka_unit_test(nul_is_refused),
		cmocka_unit_test(only_utf8_without_control_characters),
		cmocka_unit_test(upper_case_is_told_apart),
		cmocka_unit_test(sections_twice_name_both_lines),
		cmocka_unit_test(scalars_twice_are_errors_lists_append),
		cmocka_unit_test(empty_values_are_errors),
		cmocka_unit_test(unknown_keys_name_the_nearest),
		cmocka_unit_test(all_errors_are_collected),
		cmocka_unit_test(messages_have_an_end),
	};
	return cmocka_run_group_tests(tests, NULL, drop);
}
