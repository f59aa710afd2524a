import js from '@eslint/js'
import vue from 'eslint-plugin-vue'
import globals from 'globals'
import ts from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'components.d.ts', 'src/wire/types.gen.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...ts.configs.stylistic,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: {
      parser: vueParser,
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.vue'], sourceType: 'module' },
      globals: globals.browser,
    },
    rules: {
      'no-undef': 'off', // TypeScript knows better.
      eqeqeq: 'error',
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always' } }],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/no-v-html': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: 'Use src/wire/halltime.ts: the computer’s clock is not the hall’s.' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use src/wire/halltime.ts: the computer’s clock is not the hall’s.' },
      ],
      'no-restricted-globals': ['error', { name: 'alert', message: 'Use a dialog.' }, { name: 'confirm', message: 'Use a dialog.' }],
    },
  },
  { files: ['*.js', '*.config.ts'], languageOptions: { globals: globals.node } },
)
