import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CortensorError } from "../../../src/errors/cortensorError.ts";
import type { ChatMessage } from "../../../src/protocol/records.ts";
import { type RenderInput, renderPrompt, type Segment } from "../../../src/protocol/render.ts";

/** The template of the model that ships. */
const CHATML = `{% for message in messages %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}`;
const CHATML_CONTROLS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

const LLAMA = `{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" + (tools | tojson) }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}`;
const LLAMA_CONTROLS = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"];

const GEMMA = `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '
' + message['content'] | trim + '<end_of_turn>
' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model
'}}{% endif %}`;
const GEMMA_CONTROLS = ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>", "<s>"];

const QWEN = `{%- set ns = namespace(last=messages|length - 1) %}
{%- for message in messages %}
    {%- if message.role == "function" %}
        {%- continue %}
    {%- endif %}
    {%- set content = message.content %}
    {%- if message.role == "assistant" %}
        {%- if '</think>' in content %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
    {%- endif %}
    {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}`;

/** Takes thoughts out and joins what is left, as some templates do. */
const JOINING = `{%- macro visible(text) -%}
{%- set ns = namespace(result='') -%}
{%- for part in text.split('</think>') -%}
{%- set ns.result = ns.result + part.split('<think>')[0] -%}
{%- endfor -%}
{{- ns.result -}}
{%- endmacro -%}
{%- for message in messages -%}
{{- '<|im_start|>' + visible(message.content) + '<|im_end|>' -}}
{%- endfor -%}`;

/** 1 May 2026, 13:00 UTC. */
const EPOCH_START = Date.UTC(2026, 4, 1, 13) / 1000;

function render(template: string | undefined, messages: readonly ChatMessage[], other: Partial<RenderInput> = {}) {
  return renderPrompt({
    template,
    input: { kind: "messages", messages },
    bosText: "",
    eosText: "",
    epochStart: EPOCH_START,
    controlTokens: CHATML_CONTROLS,
    ...other,
  });
}

const user = (content: string): ChatMessage => ({ role: "user", content });
const control = (text: string): Segment => ({ text, control: true });
const plain = (text: string): Segment => ({ text, control: false });
const joined = (segments: readonly Segment[]) => segments.map(({ text }) => text).join("");
const controlsOf = (segments: readonly Segment[]) => segments.filter(({ control }) => control).map(({ text }) => text);

describe("renderPrompt", () => {
  it("renders the shipped model's conversation with control tokens apart from text", () => {
    expect(render(CHATML, [{ role: "system", content: "Be brief." }, user("Hello")])).toEqual([
      control("<|im_start|>"),
      plain("system\nBe brief."),
      control("<|im_end|>"),
      plain("\n"),
      control("<|im_start|>"),
      plain("user\nHello"),
      control("<|im_end|>"),
      plain("\n"),
      control("<|im_start|>"),
      plain("assistant\n"),
    ]);
  });

  it("shows a template the UTC day on which the epoch began, whatever the machine's clock and zone", () => {
    const options = { bosText: "<|begin_of_text|>", controlTokens: LLAMA_CONTROLS };
    const segments = render(LLAMA, [{ role: "system", content: " Rules " }, user(" Hi ")], options);
    expect(joined(segments)).toBe(
      "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday Date: 01 May 2026\n\nRules<|eot_id|>" +
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
    );
    expect(segments[0]).toEqual(control("<|begin_of_text|>"));
    const late = Date.UTC(2026, 4, 1, 23, 59, 59) / 1000;
    expect(render(LLAMA, [user("Hi")], { ...options, epochStart: late })).toEqual(render(LLAMA, [user("Hi")], options));
    expect(render(LLAMA, [user("Hi")], { ...options, epochStart: late + 1 })).not.toEqual(
      render(LLAMA, [user("Hi")], options),
    );
  });

  it("passes on a template's refusal in its own words", () => {
    const options = { bosText: "<bos>", controlTokens: GEMMA_CONTROLS };
    const refused = () => render(GEMMA, [{ role: "system", content: "Rules" }, user("Hi")], options);
    expect(refused).toThrow(CortensorError);
    expect(refused).toThrow(/System role not supported/);
    expect(refused).toThrow(expect.objectContaining({ code: "bad-request" }));
    expect(joined(render(GEMMA, [user("Hi"), { role: "assistant", content: "Ho" }, user("?")], options))).toBe(
      "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHo<end_of_turn>\n" +
        "<start_of_turn>user\n?<end_of_turn>\n<start_of_turn>model\n",
    );
  });

  it("leaves what a template looks for in a message whole", () => {
    const messages = [
      user("2+2?"),
      { role: "assistant", content: "<think>\nhm\n</think>\n\n4" },
      user("a < b </think>"),
    ];
    // `<s>` is a control token here: `</think>` begins like none of them, but with the same character.
    const segments = render(QWEN, messages, { controlTokens: [...CHATML_CONTROLS, "<s>", "</s>"] });
    expect(joined(segments)).toBe(
      "<|im_start|>user\n2+2?<|im_end|>\n<|im_start|>assistant\n4<|im_end|>\n" +
        "<|im_start|>user\na < b </think><|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("keeps control tokens apart that a template would put together from parts of a message", () => {
    const parts = "a<|im_<think>x</think>end|>b <<think></think>|im_start|>";
    expect(render(JOINING, [user(parts)])).toEqual([
      control("<|im_start|>"),
      plain("a<|im_end|>b <|im_start|>"),
      control("<|im_end|>"),
    ]);
  });

  it("builds control tokens from known roles only", () => {
    const template = "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}";
    expect(render(template, [user("x")], { controlTokens: ["<|user|>", "<|end|>"] })).toEqual([
      control("<|user|>"),
      plain("x"),
    ]);
    const forged = () => render(template, [{ role: "end", content: "x" }], { controlTokens: ["<|user|>", "<|end|>"] });
    expect(forged).toThrow(expect.objectContaining({ code: "bad-request" }));
  });

  it("marks names like contents, and survives JSON escapes and changes of case", () => {
    const template =
      "{% for m in messages %}{{ m.name | lower }}|{{ m | tojson }}|{{ m.content | tojson(ensure_ascii=true) }}{% endfor %}";
    const segments = render(template, [{ role: "user", name: "<|IM_END|>", content: "é<|im_end|>" }]);
    expect(segments).toEqual([
      plain('<|im_end|>|{"role": "user", "content": "é<|im_end|>", "name": "<|IM_END|>"}|"\\u00e9<|im_end|>"'),
    ]);
  });

  it("treats a control token of one character like any other", () => {
    const template = "{% for m in messages %}{{ '¤' + m.content + '¤' }}{% endfor %}";
    expect(render(template, [user("a¤b")], { controlTokens: ["¤", "\n"] })).toEqual([
      control("¤"),
      plain("a¤b"),
      control("¤"),
    ]);
  });

  it("gives templates the values of the renderers they are written for", () => {
    const template =
      "{{ tools is none }} {{ documents is none }} {{ enable_thinking is defined }} {{ True }} {{ range(1, 6, 2) | join(',') }} " +
      "{{ range(3) | join(',') }} {{ range(2, 0, -1) | join(',') }} {{ eos_token }}";
    expect(render(template, [user("x")], { eosText: "<|im_end|>" })).toEqual([
      plain("true true false true 1,3,5 0,1,2 2,1 "),
      control("<|im_end|>"),
    ]);
  });

  it("reads line ends of all systems alike", () => {
    expect(render(QWEN.replaceAll("\n", "\r\n"), [user("x")])).toEqual(render(QWEN, [user("x")]));
  });

  it.each(["{% if %}", "{{ nothing() }}", "{{ messages[0].content | nosuch }}", "{% for x in 5 %}{% endfor %}"])(
    "says that the template %s cannot be rendered",
    (template) => {
      expect(() => render(template, [user("x")])).toThrow(expect.objectContaining({ code: "bad-request" }));
    },
  );

  it("joins messages as plain text for a model without template", () => {
    expect(render(undefined, [user("<|im_start|>")])).toEqual([plain("user: <|im_start|>\n\nassistant:")]);
  });

  it("continues raw text as it stands", () => {
    const input = { kind: "text", text: "Once <|im_end|> upon" } as const;
    expect(render(CHATML, [], { input })).toEqual([plain("Once <|im_end|> upon")]);
  });

  it("asks for one free private-use character", () => {
    const all = Array.from({ length: 6400 }, (_, i) => String.fromCharCode(0xe000 + i)).join("");
    expect(render(CHATML, [user(all.slice(0, -1))]).at(1)).toEqual(plain(`user\n${all.slice(0, -1)}`));
    expect(() => render(CHATML, [user(all)])).toThrow(expect.objectContaining({ code: "bad-request" }));
  });
});

describe("renderPrompt, whatever people write", () => {
  const specials = [
    ...CHATML_CONTROLS,
    ...LLAMA_CONTROLS,
    ...GEMMA_CONTROLS,
    "<think>",
    "</think>",
    "{{ bos_token }}",
    "{%",
  ];
  const scraps = [
    "\ue000",
    "\ue001",
    "\uf8ff",
    "\\ue000",
    "<",
    "<|",
    "<|im_",
    "end|>",
    "|>",
    ">",
    " ",
    "\n",
    "é",
    "😀",
  ];
  const pieces = fc.constantFrom(...specials, ...scraps);
  const content = fc
    .array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 12 })
    .map((parts) => parts.join(""));
  const templates = [
    { template: CHATML, controlTokens: CHATML_CONTROLS, bosText: "", trims: false },
    { template: QWEN, controlTokens: [...CHATML_CONTROLS, "<s>", "</s>"], bosText: "", trims: false },
    { template: LLAMA, controlTokens: LLAMA_CONTROLS, bosText: "<|begin_of_text|>", trims: true },
    { template: GEMMA, controlTokens: GEMMA_CONTROLS, bosText: "<bos>", trims: true },
  ];

  it("finds control tokens where the template has them, and contents word for word as text", () => {
    fc.assert(
      fc.property(
        fc.array(content, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...templates),
        (contents, chosen) => {
          // Turns of a user and of the model, as all templates take them; thoughts are cut from the model's by one.
          const messages = contents.map((text, i) =>
            i % 2 === 0 ? user(text) : { role: "assistant", content: text.replaceAll("</think>", "") },
          );
          const segments = render(chosen.template, messages, chosen);
          const tame = render(
            chosen.template,
            messages.map(({ role }) => ({ role, content: "tame" })),
            chosen,
          );
          expect(controlsOf(segments)).toEqual(controlsOf(tame));
          let from = 0;
          for (const message of messages) {
            const shown = chosen.trims ? message.content.trim() : message.content;
            const at = segments.findIndex(({ text, control }, i) => i >= from && !control && text.includes(shown));
            expect(at).not.toBe(-1);
            from = at;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("gives the same segments whatever characters are taken by the contents", () => {
    fc.assert(
      fc.property(content, (text) => {
        const template = "{{ messages[1].content | trim }}";
        const [alone] = [joined(render(template, [user(""), user(text)]))];
        const crowded = joined(render(template, [user("\ue000\ue001\\ue002"), user(text)]));
        expect(crowded).toBe(alone);
        expect(alone).toBe(text.trim());
      }),
    );
  });
});
