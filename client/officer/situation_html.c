/* The situation report as one page: tables that a screen reader reads, a bar for each row in front of them,
 * no script, nothing fetched, printable. */
#include "situation_codes.h"
#include "situation_internal.h"
#include "situation_words.h"

#include "proto/language.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* As wide as a telephone shows without shrinking it: the label above its bar. */
#define CHART_WIDTH 440
#define BAR_WIDTH   380
#define LABEL_ROOM  58 /* letters above a bar: what is longer is told by its code alone, and in the table */
#define WORDS_SIZE  1024

#define LEFT_TO_RIGHT "\xe2\x81\xa6" /* U+2066 */
#define POP           "\xe2\x81\xa9" /* U+2069 */
#define ROW_HEIGHT    38
#define BAR_HEIGHT    14

static const char style[] =
	"body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem;color:#1b1b1b;"
	"background:#fff}"
	"h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2.2rem 0 .3rem}"
	"figure{margin:0;display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:start}"
	"figure>div{overflow-x:auto;flex:1 1 "
	"20rem;min-width:0}svg{max-width:100%;height:auto;flex:none}.key bdi{overflow-wrap:anywhere}"
	".key{font-size:.8rem;color:#555;margin:.4rem 0 0}"
	"table{border-collapse:collapse;font-size:.85rem}"
	"caption{text-align:start;color:#555}"
	"th,td{border:1px solid #ccc;padding:.2rem .5rem;text-align:end}"
	"th[scope=row]{text-align:start;font-weight:normal}"
	"summary{cursor:pointer}.note{border-inline-start:4px solid #8a5a00;padding-inline-start:.8rem}"
	"@media(max-width:30rem){th,td{padding:.15rem .3rem}}"
	"@media print{details{display:block}h2{break-after:avoid}figure{break-inside:avoid}}";

static void put_safe(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '<':
			buffer_put_string(out, "&lt;");
			break;
		case '>':
			buffer_put_string(out, "&gt;");
			break;
		case '&':
			buffer_put_string(out, "&amp;");
			break;
		case '"':
			buffer_put_string(out, "&quot;");
			break;
		default:
			buffer_put(out, text, 1);
		}
	}
}

/* A translated text with what belongs into it. */
__attribute__((format(printf, 2, 3))) static void put_words(struct buffer *out, const char *format, ...)
{
	char words[WORDS_SIZE];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(words, sizeof words, translated(format), values);
	va_end(values);
	put_safe(out, words);
}

/* `<10' stays that between letters from the right, where it would be turned into `>10'. */
static void put_cell(const char cell[CELL_SIZE], struct buffer *out)
{
	buffer_put_string(out, language_is_from_right() ? LEFT_TO_RIGHT : "");
	put_safe(out, cell);
	buffer_put_string(out, language_is_from_right() ? POP : "");
}

/* What a row's bar stands for: its total, or its one column. */
static size_t bar_column(const struct table *table)
{
	return table->adds_up ? table->columns : 0;
}

static uint32_t longest(const struct situation_part *part, size_t at)
{
	const struct table *table = &part->tables[at];
	uint32_t most = 0;

	for (size_t row = 0; row < table->rows; row++)
		if (part->published[at].number[row][bar_column(table)] > most)
			most = part->published[at].number[row][bar_column(table)];
	return most;
}

/* `LEG Legal help': the code for whoever compares, the words for everybody. A label without a code is words.
 */
static void put_row_label(const struct table *table, size_t row, size_t room, struct buffer *out)
{
	const char *code = table->row[row], *words = code_meaning(table->id, true, code);
	size_t letters = 0;

	if (words == NULL) {
		put_safe(out, translated(code));
		return;
	}
	words = translated(words);
	for (const char *at = words; *at != '\0'; at++)
		letters += ((unsigned char)*at & 0xC0) != 0x80;
	put_safe(out, code);
	if (letters > room)
		return;
	buffer_put_string(out, " ");
	put_safe(out, words);
}

/* So far from where reading begins. */
static int from_edge(int distance)
{
	return language_is_from_right() ? CHART_WIDTH - distance : distance;
}

static void put_bars(const struct situation_part *part, size_t at, struct buffer *out)
{
	const struct table *table = &part->tables[at];
	uint32_t most = longest(part, at);

	if (!table->adds_up || most == 0)
		return;
	buffer_put_string(out, "<svg role=\"img\" aria-label=\"");
	put_words(out, "Bars; the table beside them has the numbers");
	buffer_put_format(out, "\" viewBox=\"0 0 %d %zu\" width=\"%d\" font-size=\"13\" direction=\"%s\">",
		CHART_WIDTH, table->rows * ROW_HEIGHT, CHART_WIDTH, language_is_from_right() ? "rtl" : "ltr");
	for (size_t row = 0; row < table->rows; row++) {
		uint32_t number = part->published[at].number[row][bar_column(table)];
		int width = (int)((uint64_t)number * BAR_WIDTH / most);
		char cell[CELL_SIZE];

		cell_words(part, at, row, bar_column(table), cell);
		buffer_put_format(out, "<text x=\"%d\" y=\"%zu\">", from_edge(0), row * ROW_HEIGHT + 13);
		put_row_label(table, row, LABEL_ROOM, out);
		buffer_put_format(out,
			"</text><rect x=\"%d\" y=\"%zu\" width=\"%d\" height=\"%d\" "
			"fill=\"#2f6f8f\"/><text x=\"%d\" y=\"%zu\">",
			language_is_from_right() ? CHART_WIDTH - width : 0, row * ROW_HEIGHT + 18, width,
			BAR_HEIGHT, from_edge(6 + width), row * ROW_HEIGHT + 30);
		put_cell(cell, out);
		buffer_put_string(out, "</text>");
	}
	buffer_put_string(out, "</svg>");
}

static void put_column_head(const char *words, struct buffer *out)
{
	buffer_put_string(out, "<th scope=\"col\">");
	put_safe(out, translated(words));
	buffer_put_string(out, "</th>");
}

static void put_head(const struct table *table, struct buffer *out)
{
	buffer_put_string(out, "<div tabindex=\"0\"><table><caption>");
	put_words(out, "Counted: %s", translated(table->counted));
	buffer_put_string(out, "</caption><thead><tr><td></td>");
	for (size_t column = 0; column < table->columns; column++)
		put_column_head(table->column[column], out);
	if (table->adds_up)
		put_column_head(N_("total"), out);
	buffer_put_string(out, "</tr></thead><tbody>");
}

/* What the columns' codes mean. */
static void put_key(const struct table *table, struct buffer *out)
{
	size_t told = 0;

	for (size_t column = 0; column < table->columns; column++) {
		const char *words = code_meaning(table->id, false, table->column[column]);

		if (words == NULL)
			continue;
		buffer_put_string(out, told++ == 0 ? "<p class=\"key\">" : "; ");
		put_safe(out, table->column[column]);
		buffer_put_string(out, ": ");
		put_safe(out, translated(words));
	}
	if (told > 0)
		buffer_put_string(out, "</p>");
}

static void put_table(const struct situation_part *part, size_t at, struct buffer *out)
{
	const struct table *table = &part->tables[at];
	size_t extra = table->adds_up ? 1 : 0;

	put_head(table, out);
	for (size_t row = 0; row < table->rows + extra; row++) {
		buffer_put_string(out, "<tr><th scope=\"row\">");
		if (row < table->rows)
			put_row_label(table, row, WORDS_SIZE, out);
		else
			put_words(out, "total");
		buffer_put_string(out, "</th>");
		for (size_t column = 0; column < table->columns + extra; column++) {
			char cell[CELL_SIZE];

			cell_words(part, at, row, column, cell);
			buffer_put_string(out, "<td>");
			put_cell(cell, out);
			buffer_put_string(out, "</td>");
		}
		buffer_put_string(out, "</tr>");
	}
	buffer_put_string(out, "</tbody></table>");
	put_key(table, out);
	buffer_put_string(out, "</div>");
}

static void put_waiting(const struct situation_part *part, struct buffer *out)
{
	buffer_put_string(out, "<section><h2>");
	put_words(out, "Hours until somebody acknowledged");
	buffer_put_string(out, "</h2><figure><div tabindex=\"0\"><table><caption>");
	put_words(out, "From the full hour in which a report came");
	buffer_put_string(out, "</caption><thead><tr><td></td>");
	put_column_head(N_("half within"), out);
	put_column_head(N_("nine in ten within"), out);
	buffer_put_string(out, "</tr></thead><tbody>");
	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &part->waiting[urgency];

		buffer_put_format(out, "<tr><th scope=\"row\">%s</th>", urgency_word((enum urgency)urgency));
		if (waiting->is_shown) {
			buffer_put_format(out, "<td>%" PRIu32 "</td><td>%" PRIu32 "</td></tr>",
				waiting->median_hours, waiting->most_hours);
			continue;
		}
		buffer_put_string(out, "<td colspan=\"2\">");
		put_words(out, "too few");
		buffer_put_string(out, "</td></tr>");
	}
	buffer_put_string(out, "</tbody></table></div></figure></section>");
}

static void put_part(const struct situation_part *part, struct buffer *out)
{
	char first[DATE_SIZE], last[DATE_SIZE], until[DATE_SIZE];

	period_dates(part->period, first, last);
	buffer_put_string(out, "<p>");
	if (part->part == PART_REPRISALS)
		put_words(out, "Reprisals, in reports that came from %s to %s.", first, last);
	else
		put_words(out, "Reports that came from %s to %s.", first, last);
	buffer_put_string(out, "</p>");
	if (!part->is_released) {
		situation_final_on(part, until);
		buffer_put_string(out, "<p class=\"note\">");
		put_words(out, SITUATION_PROVISIONAL, until);
		buffer_put_string(out, ".</p>");
	}
	for (size_t at = 0; at < part->table_count; at++) {
		buffer_put_format(out, "<section><h2 id=\"%s\">", part->tables[at].id);
		put_safe(out, translated(part->tables[at].title));
		buffer_put_string(out, "</h2><figure>");
		put_bars(part, at, out);
		put_table(part, at, out);
		buffer_put_string(out, "</figure></section>\n");
	}
	if (part->part == PART_QUARTERS)
		put_waiting(part, out);
}

static void put_foot(const struct situation *situation, struct buffer *out)
{
	char threshold[CELL_SIZE];

	(void)snprintf(threshold, sizeof threshold, "<%" PRIu32, situation->parts[PART_QUARTERS].threshold);
	buffer_put_string(out, "<p>");
	put_words(out, "%s: fewer than that. *: hidden with them.", threshold);
	buffer_put_string(out, "</p>");
	for (size_t at = 0; at < PARTS; at++)
		if (situation->parts[at].is_released)
			buffer_put_format(out, "<p class=\"key\">SHA-256 <bdi>%s</bdi></p>",
				situation->parts[at].sha256);
}

void situation_html(const struct situation *situation, const char *title, struct buffer *out)
{
	buffer_put_format(out,
		"<!DOCTYPE html>\n<html lang=\"%s\" dir=\"%s\"><head><meta charset=\"utf-8\"><meta "
		"name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta "
		"http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"><title>",
		language_code(), language_is_from_right() ? "rtl" : "ltr");
	put_words(out, "Situation report: %s", title);
	buffer_put_format(out, "</title><style>%s</style></head><body><main><h1>", style);
	put_words(out, "Situation report: %s", title);
	buffer_put_format(out, "</h1><p><bdi>%s</bdi></p><p class=\"note\">", situation_label(situation));
	put_safe(out, translated(situation_caveat));
	buffer_put_string(out, "</p>");
	for (size_t at = 0; at < PARTS; at++)
		put_part(&situation->parts[at], out);
	put_foot(situation, out);
	buffer_put_string(out, "</main></body></html>\n");
}
