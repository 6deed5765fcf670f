const WORDS = (
  "dog cat horse river mountain tree house road bridge ship garden window door table chair book letter story music song " +
  "painting teacher farmer baker sailor doctor king queen soldier child mother winter summer rain snow wind fire stone iron " +
  "gold silver salt bread milk apple freedom justice truth courage fear anger hope love war peace law money trade number"
).split(" ");

/** The demonstration model knows what these words mean, and every model has something to say about them. */
export const QUESTIONS: readonly string[] = WORDS.map(
  (word) => `What is ${/^[aeiou]/.test(word) ? "an" : "a"} ${word}?`,
);

/** Longer than what engines reuse at once, so that a second prompt with it finds it held. */
export const SHARED_TEXT =
  "You explain what words mean. Say in one sentence what the thing is, what it is made of or used for, and nothing else. ".repeat(
    6,
  );
