/** A framed part of a page. */

import { Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./parts.module.css";

interface SectionProps {
  title: string;
  note?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}

/** A heading with a note, and what it is about. */
export function Section({ title, note, aside, children }: SectionProps) {
  return (
    <section className={classes.section}>
      <header className={classes.sectionHead}>
        <div>
          <Title order={2} size="h5">
            {title}
          </Title>
          {note && (
            <Text size="xs" c="dimmed" mt={2}>
              {note}
            </Text>
          )}
        </div>
        {aside}
      </header>
      <div className={classes.sectionBody}>{children}</div>
    </section>
  );
}
