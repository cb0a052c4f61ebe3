/** One line of a menu; with `short` a square of that text among others in one row, whose first may say `before` what they are. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly short?: string;
  readonly before?: string;
}
