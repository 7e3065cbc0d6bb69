import { DirectoryTarget } from '../adapters/target/directory/directory-target.ts';
import { readTargetFiles } from '../config/target-files.ts';
import type { TargetConfig } from '../config/target-schema.ts';
import type { TargetType } from '../domain/targets/target-type.ts';
import type { Target } from '../ports/target.ts';

type ConfigOf<Type extends TargetType> = Extract<TargetConfig, { type: Type }>;

/** Type → how a target of this type is opened. Its code is loaded only where one is configured. */
const TYPES: { [Type in TargetType]: (config: ConfigOf<Type>) => Promise<Target> } = {
  directory: async ({ name, path }) => new DirectoryTarget(name, path),
  async s3(config) {
    const { secretKey, ca } = readTargetFiles(config);
    const { S3Target } = await import('../adapters/target/s3/s3-target.ts');
    return new S3Target(config.name, { ...config, secretKey: secretKey.reveal(), ca });
  },
};

/** @throws RewindError `config.target-file` */
export const openTarget = <Type extends TargetType>(config: ConfigOf<Type> & { type: Type }): Promise<Target> =>
  TYPES[config.type](config);
