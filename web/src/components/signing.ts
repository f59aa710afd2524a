import { type ActType } from '@/crypto/act'
import { type Json } from '@/crypto/canonical'

/** What a button for an act is given, in an opening and in a matter. */
export interface SignProps {
  type: ActType
  lot?: string
  body?: Json
  /** What the person says by it, in full. */
  says: string
  label?: string
  kind?: 'primary' | 'danger' | 'warning' | 'default'
  huge?: boolean
  small?: boolean
  plain?: boolean
  disabled?: boolean
  /** Why it can't be pressed yet; stands beside it. */
  why?: string
  testid?: string
}
