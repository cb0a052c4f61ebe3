import { killSuite } from '../../../../support/host-kill-suite.ts';

/** A few points; kill.ci.test.ts takes all of them. */
killSuite((points) =>
  [0, 0.35, 0.7, 1].map(
    (share) => points[Math.round(share * (points.length - 1))] as (typeof points)[number],
  ),
);
