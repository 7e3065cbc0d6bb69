import { z } from 'zod';
import { SHOWN_TARGET } from '../../domain/targets/shown-target.ts';
import { shapeOf } from '../calls/answer-shape.ts';
import * as common from '../calls/schema-parts.ts';

export const targetSchema = z.strictObject({ ...shapeOf(SHOWN_TARGET), links: common.links }).meta({ id: 'Target' });

export const targetAnswer = z.strictObject({ target: targetSchema });
export const targetsAnswer = z.strictObject({ targets: z.array(targetSchema), links: common.pageLinks });
