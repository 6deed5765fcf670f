/** What `q` asks where leaving the dashboard could stop something. Esc stays. */
export interface QuitChoices {
  /** Such as `Stop the practice network?`. */
  readonly question: string;
  readonly choices: readonly {
    /** One letter. */
    readonly key: string;
    readonly word: string;
    /** Notes what was chosen; the dashboard closes right after. */
    choose(): void;
  }[];
}
