/* The situation report as one page: tables that a screen reader reads, a bar for each row in front of them,
 * no script, nothing fetched, printable. */
#include "situation_codes.h"
#include "situation_words.h"

#include <inttypes.h>
#include <string.h>

/* As wide as a telephone shows without shrinking it: the label above its bar. */
#define CHART_WIDTH 320
#define BAR_WIDTH   270
#define ROW_HEIGHT  38
#define BAR_HEIGHT  14

static const char style[] =
	"body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:60rem;color:#1b1b1b;"
	"background:#fff}"
	"h1{font-size:1.6rem}h2{font-size:1.15rem;margin:2.2rem 0 .3rem}"
	"figure{margin:0;display:flex;flex-wrap:wrap;gap:1rem 2rem;align-items:start}"
	"figure>div{overflow-x:auto;flex:1 1 "
	"20rem;min-width:0}svg{max-width:100%;height:auto;direction:ltr;flex:none}"
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

/* `LEG legal`: the code for whoever compares, the words for everybody. */
static void put_row_label(const struct table *table, size_t row, struct buffer *out)
{
	const char *words = code_meaning(table->id, true, table->row[row]);

	put_safe(out, table->row[row]);
	if (words != NULL)
		buffer_put_format(out, " %s", words);
}

static void put_bars(const struct situation_part *part, size_t at, struct buffer *out)
{
	const struct table *table = &part->tables[at];
	uint32_t most = longest(part, at);
	size_t line = 0;

	if (!table->adds_up || most == 0)
		return;
	buffer_put_format(out,
		"<svg role=\"img\" aria-label=\"Bars; the table beside them has the numbers\" viewBox=\"0 0 "
		"%d "
		"%zu\" width=\"%d\" font-size=\"13\">",
		CHART_WIDTH, table->rows * ROW_HEIGHT, CHART_WIDTH);
	for (size_t row = 0; row < table->rows; row++) {
		uint32_t number = part->published[at].number[row][bar_column(table)];
		char cell[CELL_SIZE];

		cell_words(part, at, row, bar_column(table), cell);
		buffer_put_format(out, "<text x=\"0\" y=\"%zu\">", line * ROW_HEIGHT + 13);
		put_row_label(table, row, out);
		buffer_put_format(out,
			"</text><rect x=\"0\" y=\"%zu\" width=\"%" PRIu64
			"\" height=\"%d\" fill=\"#2f6f8f\"/><text x=\"%" PRIu64 "\" y=\"%zu\">",
			line * ROW_HEIGHT + 18, (uint64_t)number * BAR_WIDTH / most, BAR_HEIGHT,
			6 + (uint64_t)number * BAR_WIDTH / most, line * ROW_HEIGHT + 30);
		put_safe(out, cell);
		buffer_put_string(out, "</text>");
		line++;
	}
	buffer_put_string(out, "</svg>");
}

static void put_head(const struct table *table, struct buffer *out)
{
	buffer_put_string(out, "<div tabindex=\"0\"><table><caption>Counted: ");
	put_safe(out, table->counted);
	buffer_put_string(out, "</caption><thead><tr><td></td>");
	for (size_t column = 0; column < table->columns; column++) {
		buffer_put_string(out, "<th scope=\"col\">");
		put_safe(out, table->column[column]);
		buffer_put_string(out, "</th>");
	}
	buffer_put_format(
		out, "%s</tr></thead><tbody>", table->adds_up ? "<th scope=\"col\">total</th>" : "");
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
		buffer_put_format(out, ": %s", words);
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
			put_row_label(table, row, out);
		else
			buffer_put_string(out, "total");
		buffer_put_string(out, "</th>");
		for (size_t column = 0; column < table->columns + extra; column++) {
			char cell[CELL_SIZE];

			cell_words(part, at, row, column, cell);
			buffer_put_string(out, "<td>");
			put_safe(out, cell);
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
	buffer_put_string(out,
		"<h2>Hours until somebody acknowledged</h2><figure><div tabindex=\"0\"><table><caption>From "
		"the full hour in "
		"which a "
		"report came</caption><thead><tr><td></td><th scope=\"col\">half within</th><th "
		"scope=\"col\">nine in ten within</th></tr></thead><tbody>");
	for (size_t urgency = 0; urgency < URGENCIES; urgency++) {
		const struct waiting *waiting = &part->waiting[urgency];

		buffer_put_format(out, "<tr><th scope=\"row\">%s</th>", urgency_word((enum urgency)urgency));
		if (waiting->is_shown)
			buffer_put_format(out, "<td>%" PRIu32 "</td><td>%" PRIu32 "</td></tr>",
				waiting->median_hours, waiting->most_hours);
		else
			buffer_put_string(out, "<td>too few</td><td>too few</td></tr>");
	}
	buffer_put_string(out, "</tbody></table></div></figure>");
}

static void put_part(const struct situation_part *part, struct buffer *out)
{
	char first[DATE_SIZE], last[DATE_SIZE], until[DATE_SIZE];

	period_dates(part->period, first, last);
	situation_final_on(part, until);
	buffer_put_format(out, "<p>%s%s to %s.</p>",
		part->part == PART_REPRISALS ? "Reprisals in reports that came from "
					     : "Reports that came from ",
		first, last);
	if (!part->is_released)
		buffer_put_format(
			out, "<p class=\"note\">PROVISIONAL until %s: %s</p>", until, situation_provisional);
	for (size_t at = 0; at < part->table_count; at++) {
		buffer_put_format(out, "<section><h2 id=\"%s\">", part->tables[at].id);
		put_safe(out, part->tables[at].title);
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
	buffer_put_format(out, "<p>&lt;%" PRIu32 ": fewer than that. *: hidden with them.</p>",
		situation->parts[PART_QUARTERS].threshold);
	for (size_t at = 0; at < PARTS; at++)
		if (situation->parts[at].is_released)
			buffer_put_format(
				out, "<p class=\"key\">SHA-256 %s</p>", situation->parts[at].sha256);
}

void situation_html(const struct situation *situation, const char *title, struct buffer *out)
{
	buffer_put_string(out,
		"<!DOCTYPE html>\n<html lang=\"en\" dir=\"ltr\"><head><meta charset=\"utf-8\"><meta "
		"name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta "
		"http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"><title>Situation report: ");
	put_safe(out, title);
	buffer_put_format(out, "</title><style>%s</style></head><body><main><h1>Situation report: ", style);
	put_safe(out, title);
	buffer_put_format(
		out, "</h1><p>%s</p><p class=\"note\">%s</p>", situation_label(situation), situation_caveat);
	for (size_t at = 0; at < PARTS; at++)
		put_part(&situation->parts[at], out);
	put_foot(situation, out);
	buffer_put_string(out, "</main></body></html>\n");
}
