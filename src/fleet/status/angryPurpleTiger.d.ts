declare module "angry-purple-tiger" {
  /** Three words for any text: an adjective, a colour, an animal. */
  export default function animalHash(
    text: string,
    options?: { readonly style?: "titlecase" | "lowercase" | "uppercase"; readonly separator?: string },
  ): string;
}
