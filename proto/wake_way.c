#include "proto/wake_way.h"

#include "proto/url.h"

#include <string.h>

#define LOCAL_PART_MAX 64 /* RFC 5321 4.5.3.1.1 */
#define MAIL_MAX       254

static const char *const words[] = {
	[WAKE_SMTP] = "smtp",
	[WAKE_WEBHOOK] = "webhook",
	[WAKE_NTFY] = "ntfy",
	[WAKE_GOTIFY] = "gotify",
	[WAKE_UNIFIEDPUSH] = "unifiedpush",
	[WAKE_COMMAND] = "command",
};

static bool is_letter_or_digit(char at)
{
	return (at >= 'a' && at <= 'z') || (at >= 'A' && at <= 'Z') || (at >= '0' && at <= '9');
}

/* A dot-atom of RFC 5322; a quoted local part is refused: nobody has one, and it can hold anything. */
static bool mail_fits(const char *address)
{
	const char *at = strchr(address, '@');
	struct server_url url;
	struct fault fault;
	char place[8 + MAIL_MAX + 1] = "https://";

	if (at == NULL || at == address || at - address > LOCAL_PART_MAX || strlen(address) > MAIL_MAX ||
		strchr(at, ':') != NULL || strchr(at, '[') != NULL || strchr(at, '/') != NULL)
		return false;
	for (const char *c = address; c < at; c++) {
		if (!is_letter_or_digit(*c) && strchr("!#$%&'*+-/=?^_`{|}~.", *c) == NULL)
			return false;
	}
	if (*address == '.' || *address == '-' || at[-1] == '.' || strstr(address, "..") != NULL)
		return false;
	memcpy(place + 8, at + 1, strlen(at + 1) + 1);
	return server_url_parse_address(place, strlen(place), &url, &fault) == 0;
}

/* Characters of RFC 3986, no fragment: what a URL is, so that it can be nothing else in a request. */
static bool url_fits(const char *address)
{
	static const char scheme[] = "https://";
	struct server_url url;
	struct fault fault;
	size_t host_len;

	if (strncmp(address, scheme, sizeof scheme - 1) != 0 || strlen(address) > WAKE_ADDRESS_MAX)
		return false;
	for (const char *c = address; *c != '\0'; c++) {
		if (!is_letter_or_digit(*c) && strchr("-._~:/?[]@!$&'()*+,;=%", *c) == NULL)
			return false;
	}
	host_len = sizeof scheme - 1 + strcspn(address + sizeof scheme - 1, "/?");
	return server_url_parse_address(address, host_len, &url, &fault) == 0;
}

bool wake_address_fits(enum wake_kind kind, const char *address)
{
	if (kind < WAKE_SMTP || kind > WAKE_KIND_LAST)
		return false;
	if (kind == WAKE_COMMAND)
		return address[0] == '\0';
	return kind == WAKE_SMTP ? mail_fits(address) : url_fits(address);
}

int wake_way_of(const char *text, struct wake_way *ret_way, struct fault *fault)
{
	const char *address = strchr(text, ':');
	size_t len = address == NULL ? strlen(text) : (size_t)(address - text);
	struct wake_way way = { .beat_minutes = 0 };

	address = address == NULL ? "" : address + 1;
	for (size_t i = WAKE_SMTP; i <= WAKE_KIND_LAST; i++) {
		if (strlen(words[i]) == len && bytes_equal(words[i], text, len))
			way.kind = (enum wake_kind)i;
	}
	if (way.kind == 0)
		return fault_set(fault,
			"this is no way to be woken: smtp:ADDRESS, webhook:URL, ntfy:URL, gotify:URL, "
			"unifiedpush:URL, or command");
	if (!wake_address_fits(way.kind, address))
		return fault_set(fault, way.kind == WAKE_SMTP ? "this is no mail address: smtp:NAME@HOST"
					: way.kind == WAKE_COMMAND
						? "a command takes no address: it is the operator's"
						: "this is no address to wake at: an https:// URL of at most "
						  "900 characters, its host in lower case");
	memcpy(way.address, address, strlen(address) + 1);
	*ret_way = way;
	return 0;
}

int wake_way_text(const struct wake_way *way, struct buffer *out)
{
	buffer_put_string(out, words[way->kind]);
	if (way->kind != WAKE_COMMAND)
		buffer_put_format(out, ":%s", way->address);
	return buffer_ok(out);
}
